import pytest

from jettison.engines.cli import (
    buildah_steps,
    buildkit_steps,
    failure_text,
    hint_of,
    step_title,
)

BUILDKIT = """\
#0 building with "default" instance using docker driver
#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s
#5 [2/3] RUN echo hi
#5 0.166 hi
#5 DONE 0.2s
#6 [3/3] RUN false-program
#6 0.240 sh: 1: false-program: not found
#6 ERROR: process "/bin/sh -c false-program" did not complete successfully: exit code: 127
------
 > [3/3] RUN false-program:
------
ERROR: failed to solve
""".splitlines()

BUILDAH = """\
STEP 1/2: FROM docker.io/library/debian
STEP 2/2: RUN false-program
/bin/sh: 1: false-program: not found
Error: building at STEP "RUN false-program": while running runtime: exit status 127
""".splitlines()


def test_the_failing_step_is_shown_with_its_last_lines() -> None:
    assert failure_text(buildkit_steps(BUILDKIT), BUILDKIT) == (
        "[3/3] RUN false-program\n"
        "  sh: 1: false-program: not found\n"
        'process "/bin/sh -c false-program" did not complete successfully: exit code: 127'
    )


def test_a_long_step_is_cut_to_its_end() -> None:
    lines = ["#2 [1/1] RUN make", *(f"#2 0.1 line {n}" for n in range(100)), "#2 ERROR: exit 2"]
    text = failure_text(buildkit_steps(lines), lines)
    assert "line 79\n" not in text
    assert "line 80\n" in text
    assert "line 99\n" in text


def test_buildah_says_which_step_failed_too() -> None:
    text = failure_text(buildah_steps(BUILDAH), BUILDAH)
    assert text.startswith("[2/2] RUN false-program\n")
    assert "false-program: not found" in text


def test_a_failure_before_any_step_shows_the_output() -> None:
    lines = ["ERROR: failed to read dockerfile"]
    assert failure_text(buildkit_steps(lines), lines) == lines[0]


def test_progress_names_instructions_and_not_the_builders_own_work() -> None:
    assert step_title("#5 [2/3] RUN echo hi") == "[2/3] RUN echo hi"
    assert step_title("STEP 1/2: FROM debian") == "[1/2] FROM debian"
    assert step_title("#1 [internal] load .dockerignore") == ""
    assert step_title("#5 0.166 hi") == ""


@pytest.mark.parametrize(
    ("why", "hint"),
    [
        (
            "[1/16] FROM python:3.11-slim\n  Error: pinging container registry registry.example",
            "Pull the image",
        ),
        (
            'failed to do request: Head "https://registry.example/v2/library/node/manifests/20"',
            "Pull the image",
        ),
        ("[2/4] RUN curl https://tool.example\n  curl: (6) no such host", "Correct the step"),
    ],
)
def test_an_image_that_cannot_be_pulled_is_no_wrong_step(why: str, hint: str) -> None:
    assert hint_of(why).startswith(hint)
