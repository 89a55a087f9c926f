"""What finds Python by another way than the PATH of the image, where its environment is."""

import pytest
from base_needs import project_of

from jettison.ecosystems.tool import VIRTUAL
from jettison.lift.search_path import elsewhere
from jettison.lift.stage import lifted
from jettison.lift.usage import Usage
from jettison.values import Evidence, Origin


def found(steps: str, script: str = "", **started: str) -> str:
    text = f"FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n{steps}\n"
    project = project_of(text, {"run.sh": script, "docs.sh": "sudo -i\nPATH=/usr/local/bin\n"})
    place = Origin(file="run.sh", line=1)
    uses = {
        name: (Evidence(kind=kind, message="", origin=place),)
        for name, kind in {"sh": "script", **started}.items()
    }
    why = elsewhere(project, lifted(project), Usage(started=uses), VIRTUAL)
    return why.message if why else ""


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ('CMD ["bash", "-lc", "python main.py"]', "a login shell resets PATH"),
        ("CMD bash --login -c 'python main.py'", "a login shell resets PATH"),
        ('SHELL ["/bin/bash", "-lc"]\nCMD python main.py', "a login shell resets PATH"),
        ('CMD ["su", "-", "app", "-c", "python main.py"]', "a login resets PATH"),
        ("CMD exec runuser -l app -c 'python main.py'", "a login resets PATH"),
        ('CMD ["env", "-i", "python", "main.py"]', "env takes PATH away"),
        ("CMD service cron start && tail -f log", "cron starts its jobs with its own PATH"),
        ("ENV PATH=/usr/local/bin:$PATH", "PATH leads to /usr/local/bin first"),
        ("RUN ln -s $(which python3) /usr/bin/python3", "a step gives Python another name"),
        (
            "RUN echo '* * * * * root /usr/local/bin/python /app/job.py' > /etc/cron.d/job",
            "/usr/local/bin/python is named",
        ),
        ('RUN python -m compileall .\nCMD ["python", "main.py"]', ""),
        ("RUN cd /app && /usr/local/bin/python setup.py build", ""),
        ('CMD ["gosu", "app", "python", "main.py"]', ""),
        ('CMD ["su", "app", "-c", "python main.py"]', ""),
        ('CMD ["bash", "-c", "python main.py --login"]', ""),
        ('CMD ["./start.sh", "-l", "info"]', ""),
        ("ENV PATH=/app/bin:$PATH", ""),
    ],
)
def test_steps_and_start_commands_tell(steps: str, why: str) -> None:
    assert found(steps) == why


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("#!/bin/bash -l\npython main.py\n", "a login shell resets PATH"),
        (". /etc/profile\npython main.py\n", "/etc/profile resets PATH"),
        ("export PATH=/usr/local/bin:/bin\n", "PATH leads to /usr/local/bin first"),
        ("export PATH=/app/bin:$PATH\n", ""),
        ("# exec bash -l\nexec python main.py\n", ""),
    ],
)
def test_scripts_that_are_started_tell(script: str, why: str) -> None:
    assert found('CMD ["./run.sh"]', script) == why


@pytest.mark.parametrize(
    ("started", "why"),
    [
        ({"cron": "command"}, "cron starts programs with a PATH of its own"),
        ({"sudo": "script"}, "sudo starts programs with a PATH of its own"),
        ({"sudo": "building"}, ""),
    ],
)
def test_programs_that_set_a_path_tell(started: dict[str, str], why: str) -> None:
    assert found('CMD ["./run.sh"]', **started) == why
