from unittest.mock import Mock

import pytest
from base_needs import project_of
from msgspec.structs import replace

from jettison.lift.stage import lifted
from jettison.verify import discover
from jettison.verify.application import cron_jobs, find_application, words_of
from jettison.verify.exchange import Answer
from jettison.verify.request import VerificationRequest


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("/bin/sh", "-c", "exec uvicorn main:app --port 8000"), "uvicorn main:app --port 8000"),
        (("bash", "-ec", "flask run"), "flask run"),
        (("uvicorn", "main:app"), "uvicorn main:app"),
        (("sh", "-c", 'umask 7; exec "$@"', "sh", "flask", "run"), "umask 7; exec $@ flask run"),
        (("sh", "-c", "echo 'open"), "echo 'open"),
        ((), ""),
    ],
)
def test_a_shell_around_a_command_is_taken_off(command: tuple[str, ...], words: str) -> None:
    assert " ".join(words_of(command)) == words


@pytest.mark.parametrize(
    ("command", "target"),
    [
        ("uvicorn app.main:app --host 0.0.0.0", "app.main:app"),
        (
            "gunicorn -k uvicorn.workers.UvicornWorker site.asgi:application",
            "site.asgi:application",
        ),
        ("gunicorn shop.wsgi", "shop.wsgi"),
        ("flask --app shop run", "shop"),
        ("python -m shop", "shop"),
        ("python ./src/server.py", "src.server"),
        ("uvicorn shop:create_app()", "shop:create_app()"),
    ],
)
def test_servers_name_their_application(command: str, target: str) -> None:
    assert target in find_application(tuple(command.split()), {}).targets


def test_what_was_named_comes_first_and_the_environment_counts() -> None:
    found = find_application(("flask", "run"), {"FLASK_APP": "shop"}, "other:app")
    assert found.targets == ("other:app", "shop")
    assert found.settings_files == ("manage.py", "other.py", "shop.py")


def test_import_folders_are_kept() -> None:
    found = find_application(("uvicorn", "--app-dir", "src", "main:app"), {})
    assert found.folders == ("src",)


def test_documents_that_do_not_end_are_waited_for_briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def endless(*_: object, timeout: float, **__: object) -> Answer:
        waited.append(timeout)
        return Answer(status=200, unended=True)

    monkeypatch.setattr(discover, "send", endless)
    request = VerificationRequest(image_before="", image_after="", ports=(8000,))
    paths = ("/a.json", "/b.json", "/c.json")
    assert discover._served_document(Mock(), request, paths, "localhost:8000") is None
    assert waited == [20.0, 3.0, 3.0]


@pytest.mark.parametrize(
    ("names", "host"),
    [
        ((), "localhost:8000"),
        (("shop.example", "*"), "localhost:8000"),
        (("shop.example", ".localhost"), "localhost:8000"),
        (("84.252.139.222",), "84.252.139.222:8000"),
        (("not a host", ".shop.example"), "www.shop.example:8000"),
        (("shop.example:5000",), "shop.example:5000"),
    ],
)
def test_an_application_is_asked_under_a_name_that_it_answers_for(
    names: tuple[str, ...], host: str
) -> None:
    assert discover.host_among(names, 8000) == host


@pytest.mark.parametrize(
    ("start", "jobs"),
    [
        ('["cron", "-f"]', [("/bin/bash", "python a.py >> log"), ("/bin/bash", "echo 5")]),
        ("service cron start && tail -f log", 2),
        ('["python", "cron.py"]', 0),
    ],
)
def test_jobs_of_cron_are_commands_of_the_image(start: str, jobs: object) -> None:
    text = "SHELL=/bin/bash\n# 1 2 3 4 5 no\n*/5 * * * * root python a.py >> log\n@daily echo 5%x\n"
    project = project_of(f"FROM python:3.12-slim\nCOPY . .\nCMD {start}\n")
    project = replace(project, files={"jobs": len(text), "notes": 3})
    read = {"jobs": text, "notes": "abc"}.get
    found = cron_jobs(project, lifted(project), None, read)
    assert all(one.environment == {"PATH": "/usr/bin:/bin", "SHELL": "/bin/bash"} for one in found)
    told = [(*one.entrypoint, one.command[1]) for one in found]
    assert (len(told) if isinstance(jobs, int) else told) == jobs
