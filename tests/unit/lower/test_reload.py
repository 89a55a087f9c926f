import pytest

from jettison.lower.reload import (
    script_with_reload,
    script_without_reload,
    with_reload,
    without_reload,
)


@pytest.mark.parametrize(
    ("command", "reloading"),
    [
        ("uvicorn app:app --port 8000", "uvicorn app:app --port 8000 --reload"),
        ("uvicorn app:app --workers 4", "uvicorn app:app --reload"),
        ("/venv/bin/gunicorn app:app -w 2", "/venv/bin/gunicorn app:app -w 2 --reload"),
        ("python -m uvicorn app:app", "python -m uvicorn app:app --reload"),
        ("tini -- uvicorn app:app", "tini -- uvicorn app:app --reload"),
        ("poetry run flask run --host 0.0.0.0", "poetry run flask run --host 0.0.0.0 --debug"),
        ("flask --app x run", "flask --app x run --debug"),
        ("uvicorn --reload --reload-dir src app:app", "uvicorn --reload --reload-dir src app:app"),
        ("fastapi run app.py", "fastapi run app.py --reload"),
        ("flask db upgrade", "flask db upgrade"),
        ("python manage.py runserver", "python manage.py runserver"),
        ("celery -A app worker", "celery -A app worker"),
        ("pip install uvicorn", "pip install uvicorn"),
    ],
)
def test_servers_get_their_reload_flag_once(command: str, reloading: str) -> None:
    words = tuple(command.split())
    assert with_reload(words) == tuple(reloading.split())
    assert with_reload(with_reload(words)) == with_reload(words)


def test_reload_flags_leave_with_their_options() -> None:
    words = ("uvicorn", "app:app", "--reload", "--reload-dir", "src", "--reload-exclude=x", "-x")
    assert without_reload(words) == ("uvicorn", "app:app", "-x")
    assert without_reload(("celery", "--reload")) == ("celery", "--reload")
    assert without_reload(()) == ()


def test_scripts_are_changed_one_command_at_a_time() -> None:
    script = "alembic upgrade head && exec uvicorn app:app  --port $PORT; echo 'a  b'\n"
    reloading = "alembic upgrade head && exec uvicorn app:app  --port $PORT --reload; echo 'a  b'\n"
    assert script_with_reload(script) == reloading
    assert with_reload(("sh", "-c", script)) == ("sh", "-c", reloading)
    assert script_without_reload("A=1 uvicorn a:b --reload\n") == "A=1 uvicorn a:b\n"
