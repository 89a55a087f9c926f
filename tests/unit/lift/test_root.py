"""Why the user of an image stays root."""

import pytest
from base_needs import project_of

from jettison.lift.root import needs_root
from jettison.lift.stage import lifted
from jettison.lift.usage import Usage
from jettison.lift.writes import writing_of
from jettison.values import Evidence, Origin


def reason(steps: str, usage: Usage | None = None) -> str:
    project = project_of(f"FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n{steps}\n")
    stage, known = lifted(project), usage or Usage()
    found = needs_root(project, stage, known, writing_of(project, stage, known))
    return found.message if found else ""


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ("RUN openssl genrsa -out /app/key.pem 2048", "makes files for the owner alone"),
        ("RUN ssh-keygen -t ed25519 -N '' -f /app/id", "makes files for the owner alone"),
        ("RUN umask 077 && echo a > own.txt", "makes files for the owner alone"),
        ("RUN mkdir -m 700 /app/own", "makes files for the owner alone"),
        ("COPY --chmod=600 a.json /app/", "makes files for the owner alone"),
        ("RUN chmod 600 a.json", "lets the owner alone read it"),
        ("RUN chmod go-rwx a.json", "lets the owner alone read it"),
        ("RUN chmod 755 run.sh && mkdir -m 755 /app/all && umask 022", ""),
        ("RUN chmod 700 /root/.ssh", ""),
        ("RUN chmod +x run.sh && chmod go-w a.json", ""),
        ("RUN curl -m 120 -o a.json https://example.org/a.json", ""),
        ("CMD python main.py > /var/log/out.log", "/var/log/out.log is named for data"),
        ("CMD python main.py > /dev/null", ""),
    ],
)
def test_files_that_another_user_could_not_use(steps: str, why: str) -> None:
    found = reason(steps)
    assert why in found
    assert bool(why) == bool(found)


def test_programs_of_root_that_the_source_runs() -> None:
    use = Evidence(kind="subprocess", message="subprocess.run runs nginx", origin=None)
    usage = Usage(programs={"nginx": (use,)}, words={"os.setuid": Origin(file="main.py", line=2)})
    assert reason("", usage) == "os.setuid is for root alone"
    assert reason("", Usage(programs={"nginx": (use,)})) == "subprocess.run runs nginx"
