from unittest.mock import Mock

import pytest

from jettison.verify import discover
from jettison.verify.application import find_application, words_of
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
