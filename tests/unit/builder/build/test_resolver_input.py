from __future__ import annotations

import pytest

from jettison.builder import Installation
from jettison.builder.fetch import resolution_failure
from jettison.builder.pins import checked_text, checked_words
from jettison.errors import NetworkError, ProgramError, ProjectError, UnsupportedError
from jettison.index.target import Target
from jettison.values import Origin

TARGET = Target(python="3.13")


def checked(text: str, *, sources: bool = False) -> list[str]:
    return checked_text(text, "requirements.txt", TARGET, sources=sources).splitlines()


def test_requirements_hashes_includes_and_indexes_are_passed_on() -> None:
    text = (
        "--index-url https://index.example/simple\n-r more/base.txt\n-c bounds.txt\n"
        "server==1.0 \\\n    --hash=sha256:ab  # why\n"
        "# a comment\ntools[fast]>=1; os_name == 'nt'\n"
    )
    assert checked(text) == [
        "--index-url=https://index.example/simple",
        "--requirement more/base.txt",
        "--constraint bounds.txt",
        "server==1.0 --hash=sha256:ab",
    ]


@pytest.mark.parametrize("line", [
    "--no-binary server", "--no-binary=:all:", "--find-links ./wheels", "--index-url file:///x",
    "--index-url https://${TOKEN}@index.example/simple", "-r https://index.example/more.txt",
    "-e .", "-e git+https://git.example/a#egg=a", "./server", "a @ git+https://git.example/a",
    "https://index.example/a-1.tar.gz", "server==${VERSION}", "--config-settings a=b",
    "server --config-settings a=b",
])  # fmt: skip
def test_what_could_run_code_or_reach_elsewhere_is_refused_by_its_line(line: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        checked(f"# first\n{line}\n")
    assert str(caught.value).startswith("requirements.txt:2: ")


def test_a_continued_comment_does_not_become_an_option() -> None:
    assert checked("server # a comment \\\n--no-binary :all:\n") == ["server"]


def test_sources_are_asked_for_only_where_they_are_allowed() -> None:
    text = "--no-binary server\n--only-binary tools\n"
    assert checked(text, sources=True) == ["--no-binary=server", "--only-binary=tools"]
    assert checked("--only-binary :none:\n--no-binary :none:\n") == []


def test_a_direct_reference_for_another_system_does_not_matter() -> None:
    assert checked("a @ https://index.example/a.zip ; sys_platform == 'win32'\n") == []


@pytest.mark.parametrize("word", ["a\n--no-binary=:all:", "--no-binary=a", "-e .", "a b"])
def test_a_word_of_a_command_is_one_requirement(word: str) -> None:
    origin = Origin(file="Dockerfile", line=4)
    asked = Installation(files=(), constraints=(), requirements=(word,), options=(), origin=origin)
    with pytest.raises(UnsupportedError, match=r"^Dockerfile:4: "):
        list(checked_words(asked, TARGET))


def test_a_machine_without_threads_is_not_blamed_on_the_requirements() -> None:
    said = (
        "thread 'main2' panicked at locked_file.rs:210:34:\nOS can't spawn worker thread: Resource"
    )
    error = resolution_failure(f"{said} temporarily unavailable (os error 11)")
    assert isinstance(error, ProgramError)
    assert "ulimit -u" in error.hint


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "error: Failed to inspect Python interpreter from provided path at `/venv/bin/python`",
            "does not work on this machine",
        ),
        (
            "error: Querying Python at `/venv/bin/python` failed with exit status signal: 9",
            "does not work on this machine",
        ),
        (
            "error: failed to write to file `/cache/.git`: No space left on device (os error 28)",
            "does not work on this machine",
        ),
        ("error: Failed to initialize cache at `/cache`", "does not work on this machine"),
        ("", "ended without a word"),
    ],
)
def test_what_fails_on_this_machine_is_not_blamed_on_the_requirements(said: str, told: str) -> None:
    error = resolution_failure(said)
    assert isinstance(error, ProgramError)
    assert told in str(error)


def test_requirements_that_contradict_each_other_are_the_project_s() -> None:
    error = resolution_failure("error: No solution found\n  cause: a==1 and a==2 are required")
    assert isinstance(error, ProjectError)
    assert error.why == "a==1 and a==2 are required"


@pytest.mark.parametrize(
    "said",
    [
        "could not be queried due to a lack of valid authentication credentials (401 Unauthorized)",
        "returned a 403 Forbidden error. Check that the index URL is correct",
    ],
)
def test_an_index_that_refuses_is_not_blamed_on_the_requirements(said: str) -> None:
    found = "error: No solution found\n  cause: a was not found in the package registry\n"
    error = resolution_failure(f"{found}hint: An index (https://index.example/simple) {said}")
    assert isinstance(error, NetworkError)
    assert "credentials" in str(error)
    assert ".netrc" in error.hint
