"""What a plan has verified."""

from pathlib import Path

import pytest

from jettison.tasks.loading import planned
from jettison.verify.planned_request import verification_request

LOCK = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "flask"
version = "3.1.2"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.pythonhosted.org/flask-3.1.2-py3-none-any.whl" }]

[[package]]
name = "pytest"
version = "8.4.2"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.pythonhosted.org/pytest-8.4.2-py3-none-any.whl" }]

[[package]]
name = "shop"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "flask" }]

[package.dev-dependencies]
dev = [{ name = "pytest" }]
"""
EXAMPLES = Path(__file__).parents[4] / "examples"


def test_libraries_that_distributions_load_are_asked_for_too(tmp_path: Path) -> None:
    plan = planned(EXAMPLES / "pkms", offline=True, cache=tmp_path).plan
    request = verification_request(plan, "before", "after", None)
    assert request.libraries == ("libmagic.so.1",)


def test_a_command_and_a_user_that_the_plan_leaves_as_they_are_are_those_of_the_image(
    tmp_path: Path,
) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM python:3.11-slim\nWORKDIR /srv\nCOPY . .\nRUN useradd shop\nUSER shop\n"
        'ENTRYPOINT ["./start.sh"]\nCMD ["python", "main.py"]\n'
    )
    (tmp_path / "main.py").write_text("print(1)\n")
    (tmp_path / "start.sh").write_text('#!/bin/sh\nexec "$@"\n')
    plan = planned(tmp_path, offline=True, cache=tmp_path / "cache").plan
    asked = verification_request(plan, "before", "after", None)
    assert asked.expected_command is None
    assert not asked.expected_user


def test_modules_are_named_as_the_working_directory_finds_them(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM python:3.11-slim\nWORKDIR /srv\nCOPY backend backend\nWORKDIR /srv/backend\n"
        'CMD ["python", "-m", "shop.main"]\n'
    )
    package = tmp_path / "backend" / "shop"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "main.py").write_text("from shop import prices\n")
    (package / "prices.py").write_text("PRICES = {}\n")
    plan = planned(tmp_path, offline=True, cache=tmp_path / "cache").plan
    assert "shop.prices" in verification_request(plan, "before", "after", None).modules


@pytest.mark.parametrize("context", [".", "web"])
@pytest.mark.parametrize(
    ("start", "named"),
    [
        ("import os\n", True),
        (
            "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.base')\n",
            False,
        ),
    ],
)
def test_django_is_run_with_its_settings_for_production_where_nothing_names_any(
    start: str, context: str, tmp_path: Path, *, named: bool
) -> None:
    source = "." if context == "web" else "web"
    (tmp_path / "web").mkdir()
    (tmp_path / "compose.yml").write_text(f"services: {{web: {{build: {context}}}}}\n")
    (tmp_path / context / "Dockerfile").write_text(
        "FROM python:3.11-slim\nWORKDIR /srv\nCOPY requirements.txt .\n"
        f"RUN pip install -r requirements.txt\nCOPY {source} .\n"
        'CMD ["gunicorn", "--bind", "0.0.0.0:8000", "shop.wsgi"]\n'
    )
    (tmp_path / context / "requirements.txt").write_text("django==5.2.8\ngunicorn==23.0.0\n")
    for path, text in (
        ("manage.py", "import django\n"),
        ("shop/__init__.py", ""),
        ("shop/wsgi.py", f"{start}from django.core.wsgi import get_wsgi_application\n"),
        ("shop/settings/__init__.py", ""),
        ("shop/settings/base.py", "INSTALLED_APPS = ['shop']\n"),
        ("shop/settings/production.py", "from .base import *\n"),
    ):
        file = tmp_path / "web" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    plan = planned(tmp_path, offline=True, cache=tmp_path / "cache").plan
    texts = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*.py")}
    ways = verification_request(plan, "before", "after", None, texts.get).otherwise
    values = [one.environment.get("DJANGO_SETTINGS_MODULE") for one in ways]
    assert values.count("shop.settings.production") == named


@pytest.mark.parametrize(
    ("procfile", "last", "started"),
    [
        ("", "", "python3 -m gunicorn --bind 0.0.0.0:8000 shop:app"),
        ("", "CMD bash\n", "python3 -m gunicorn --bind 0.0.0.0:8000 shop:app"),
        ("web: gunicorn shop:app -b :$PORT\n", "", "gunicorn shop:app -b :8000"),
        ("web: cd web && gunicorn 'shop\n", "", "python3 -m gunicorn --bind 0.0.0.0:8000 shop:app"),
        ("web: gunicorn 'shop\n", "", "python3 -m gunicorn --bind 0.0.0.0:8000 shop:app"),
        ("web: gunicorn shop:app\n", 'CMD ["python", "shop.py"]\n', None),
    ],
)
def test_an_image_that_starts_nothing_is_run_as_its_project_is_served(
    procfile: str, last: str, started: str | None, tmp_path: Path
) -> None:
    (tmp_path / "web").mkdir()
    dockerfile = (
        "FROM python:3.11-slim\nWORKDIR /srv\nCOPY . .\nRUN pip install -r requirements.txt\n"
        "WORKDIR /srv/web\n"
    )
    for path, text in (
        ("Dockerfile", f"{dockerfile}{last}"),
        ("requirements.txt", "flask==3.1.2\ngunicorn==23.0.0\n"),
        ("Procfile", procfile),
        ("web/shop.py", "import flask\napp = flask.Flask(__name__)\n"),
    ):
        (tmp_path / path).write_text(text)
    plan = planned(tmp_path, offline=True, cache=tmp_path / "cache").plan

    def read(path: str) -> str | None:
        file = tmp_path / path
        return file.read_text() if file.is_file() else None

    found = verification_request(plan, "before", "after", None, read).instead
    assert (" ".join(found.entrypoint) if found else None) == started
    if found and found.directory:
        assert found.directory == "/srv/web"


def test_both_images_start_what_is_installed_as_the_plan_has_it(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM python:3.11-slim\nWORKDIR /srv\nRUN pip install uv\nCOPY . .\nRUN uv sync\n"
        'CMD ["uv", "run", "python", "main.py"]\n'
    )
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\n'
        'dependencies = ["flask"]\n[dependency-groups]\ndev = ["pytest"]\n'
    )
    (tmp_path / "uv.lock").write_text(LOCK)
    (tmp_path / "main.py").write_text("import flask\n")
    plan = planned(tmp_path, offline=True, cache=tmp_path / "cache").plan
    assert plan.stage.environment["UV_NO_SYNC"] == "1"
    asked = verification_request(plan, "before", "after", None)
    assert asked.environment["UV_NO_SYNC"] == "1"


def test_a_start_script_that_can_run_the_tests_does_not_ask_for_their_program(
    tmp_path: Path,
) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM python:3.11-slim\nWORKDIR /srv\nCOPY . .\nRUN pip install -r requirements.txt\n"
        'CMD ["./run"]\n'
    )
    (tmp_path / "requirements.txt").write_text("flask==3.1.2\ngunicorn==23.0.0\npytest==8.4.2\n")
    (tmp_path / "main.py").write_text("import flask\napp = flask.Flask(__name__)\n")
    (tmp_path / "run").write_text(
        '#!/bin/sh\nif [ "$1" = test ]; then pytest; else exec gunicorn main:app; fi\n'
    )
    plan = planned(tmp_path, offline=True, cache=tmp_path / "cache").plan
    request = verification_request(plan, "before", "after", None)
    assert "pytest" in request.removed_distributions
    assert "pytest" not in request.programs
    assert "gunicorn" in request.programs


def test_lists_that_only_installers_read_may_be_gone(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM python:3.11-slim\nWORKDIR /srv\nCOPY needed.list .\n"
        'RUN pip install -r needed.list\nCOPY main.py .\nCMD ["python", "main.py"]\n'
    )
    (tmp_path / "needed.list").write_text("flask==3.1.2\n")
    (tmp_path / "main.py").write_text("import flask\n")
    plan = planned(tmp_path, offline=True, cache=tmp_path / "cache").plan
    assert "needed.list" in verification_request(plan, "before", "after", None).kept_out


@pytest.mark.parametrize(
    ("copies", "place", "working"),
    [
        ("COPY . .", "/srv/tests", "/srv"),
        ("COPY src/ .\nCOPY tests/ /tests/", "/tests", "/"),
        ("COPY src/ .\nCOPY tests ./checks/", "/srv/checks", "/srv"),
        ("COPY src/ .", "/srv/tests", "/srv"),
    ],
)
def test_the_tests_are_run_where_the_image_has_them(
    copies: str, place: str, working: str, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM python:3.11-slim\nCOPY requirements.txt /tmp/\n"
        f"RUN pip install -r /tmp/requirements.txt\nWORKDIR /srv\n{copies}\n"
        'CMD ["python", "main.py"]\n'
    )
    (tmp_path / "requirements.txt").write_text("flask==3.1.2\npytest==8.4.2\n")
    for path, text in (("src/main.py", "import flask\n"), ("tests/test_main.py", "import main\n")):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text(text)
    plan = planned(tmp_path, offline=True, cache=tmp_path / "cache").plan
    suite = verification_request(plan, "before", "after", "development").suite
    assert suite is not None
    assert place in suite.paths
    assert suite.working_directory == working
