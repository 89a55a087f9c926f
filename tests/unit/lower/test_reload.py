import pytest

from jettison.lower.compose_files import reloading, script_reloading


@pytest.mark.parametrize(
    ("command", "reloaded"),
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
def test_servers_get_their_reload_flag_once(command: str, reloaded: str) -> None:
    words = tuple(command.split())
    assert reloading(words, reload=True) == tuple(reloaded.split())
    assert reloading(tuple(reloaded.split()), reload=True) == tuple(reloaded.split())


def test_reload_flags_leave_with_their_options() -> None:
    words = ("uvicorn", "app:app", "--reload", "--reload-dir", "src", "--reload-exclude=x", "-x")
    assert reloading(words, reload=False) == ("uvicorn", "app:app", "-x")
    assert reloading(("celery", "--reload"), reload=False) == ("celery", "--reload")
    assert reloading((), reload=False) == ()


def test_scripts_are_changed_one_command_at_a_time() -> None:
    script = "alembic upgrade head && exec uvicorn app:app  --port $PORT; echo 'a  b'\n"
    reloaded = "alembic upgrade head && exec uvicorn app:app  --port $PORT --reload; echo 'a  b'\n"
    assert script_reloading(script, reload=True) == reloaded
    assert reloading(("sh", "-c", script), reload=True) == ("sh", "-c", reloaded)
    assert script_reloading("A=1 uvicorn a:b --reload\n", reload=False) == "A=1 uvicorn a:b\n"
