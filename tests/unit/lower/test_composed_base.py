import pytest
from base_needs import project_of
from tests.support.cases import composition

from jettison.lift.stage import FinalStage, lifted
from jettison.lower.composed_base import compose_base, is_composed, refused
from jettison.plan.changes import ComposeBase

COMMAND = 'CMD ["python", "app.py"]\n'


def stage_of(steps: str, command: str = COMMAND) -> FinalStage:
    return lifted(project_of(f"FROM python:3.13-slim\n{steps}{command}"))


@pytest.mark.parametrize(
    ("steps", "command", "why", "line"),
    [
        ("", "CMD python app.py\n", "its CMD is run by a shell", 2),
        ("", f"HEALTHCHECK CMD curl localhost\n{COMMAND}", "its health check is run by a shell", 2),
        ("RUN pip install flask\n", COMMAND, "it runs `pip install flask`", 2),
        ("RUN python app.py && curl -O x\n", COMMAND, "it runs curl, which only", 2),
        ("RUN useradd $NAME\n", COMMAND, "is completed by a shell", 2),
        ('SHELL ["/bin/bash", "-c"]\n', COMMAND, "it has SHELL", 2),
        ("ONBUILD RUN true\n", COMMAND, "it has ONBUILD", 2),
    ],
)
def test_what_needs_a_shell_or_the_official_image_is_refused(
    steps: str, command: str, why: str, line: int
) -> None:
    found = refused(stage_of(steps, command))
    assert found is not None
    assert why in found.message
    assert found.origin is not None
    assert found.origin.line == line


@pytest.mark.parametrize(
    "steps",
    [
        "RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*\n",
        "RUN groupadd app && useradd -g app app && mkdir /srv/x && chown -R app:app /srv/x\n",
        "RUN python -m compileall -q /app && install -d -o 5 /data\n",
        "RUN ./own-program\n",
    ],
)
def test_packages_users_and_plain_steps_are_not(steps: str) -> None:
    assert refused(stage_of(steps)) is None


def test_a_composed_dockerfile_is_left_as_it_is() -> None:
    stage = stage_of("COPY app.py .\n")
    text = compose_base(stage, ComposeBase(composition=composition(["libc6"])))
    assert is_composed(lifted(project_of(text)))
    assert not is_composed(stage)


def test_names_of_stages_are_not_taken_twice() -> None:
    text = (
        "FROM alpine AS packages\nFROM alpine AS composed\n"
        f"FROM python:3.13-slim\nCOPY --from=packages /x /x\n{COMMAND}"
    )
    stage = lifted(project_of(text))
    text = compose_base(stage, ComposeBase(composition=composition(["libc6"])))
    assert "FROM scratch AS debian-packages\n" in text
    assert "COPY --from=composed-base /root-of-image /\n" in text
    assert "COPY --from=packages /x /x\n" in text
