from textwrap import dedent

import pytest

from jettison.source.entries import entries_of_command
from jettison.source.parse import parse
from jettison.source.reach import reach
from jettison.source.vocabulary import SourceIndex
from jettison.values import Origin

CMD = Origin(file="Dockerfile", line=9)


def index_of(files, **options):
    return SourceIndex.build(
        [parse(name, dedent(text).encode()) for name, text in files.items()], **options
    )


def reached(files, command, *, environment=None, **options):
    index = index_of(files, **options)
    entries = entries_of_command(command.split(), CMD, index, environment=environment)
    return reach(index, entries, environment=environment)


def test_a_chain_leads_from_the_command_to_the_import():
    found = reached(
        {
            "main.py": "from app.routers import notes",
            "app/__init__.py": "",
            "app/routers/__init__.py": "",
            "app/routers/notes.py": "\nimport rapidfuzz",
            "tests/test_notes.py": "import pytest",
        },
        "uvicorn main:app --host 0.0.0.0",
    )
    (rapidfuzz,) = found.externals["rapidfuzz"]
    assert str(rapidfuzz.origin) == "app/routers/notes.py:2"
    assert [str(link.origin) for link in found.chain(rapidfuzz.file)] == [
        "Dockerfile:9",
        "main.py:1",
    ]
    assert "pytest" not in found.externals


def test_conditions_take_their_production_values():
    files = {
        "main.py": """
            from config import DEBUG
            if DEBUG:
                import debug_toolbar
            if not DEBUG:
                import sentry_sdk
            if sys.platform == "win32":
                import winreg_extra
            """,
        "config.py": "DEBUG = False",
    }
    production = reached(files, "uvicorn main:app")
    assert {"sentry_sdk"} == {n for n in production.externals if n not in ("os",)}
    assert "debug_toolbar" in [i.module for i in production.left_out]


def test_what_a_variable_turns_on_counts():
    found = reached(
        {
            "main.py": """
                import os
                DEBUG = os.environ.get("DEBUG", "0") == "1"
                if DEBUG:
                    import debug_toolbar
                else:
                    import sentry_sdk
                """
        },
        "uvicorn main:app",
    )
    assert {"debug_toolbar", "sentry_sdk"} <= set(found.externals)


def test_of_several_assignments_any_may_count():
    files = {
        "main.py": "from plain import DEBUG\nimport full\nif DEBUG:\n    import debug_toolbar",
        "plain.py": "DEBUG = False",
        "full.py": 'import os\nDEBUG = bool(os.environ.get("DEBUG"))',
    }
    assert "debug_toolbar" in reached(files, "uvicorn main:app").externals


def test_a_switch_that_is_on_in_the_code_is_on_in_production():
    found = reached(
        {"main.py": "DEBUG = True\nif DEBUG:\n    import werkzeug_debug"}, "python main.py"
    )
    assert "werkzeug_debug" in found.externals


def test_the_main_guard_runs_in_scripts_alone():
    files = {"main.py": 'if __name__ == "__main__":\n    import uvicorn'}
    assert "uvicorn" in reached(files, "python main.py").externals
    assert "uvicorn" not in reached(files, "gunicorn main:app").externals


def test_django_settings_name_modules():
    files = {
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site.settings")',
        "site/__init__.py": "",
        "site/settings.py": 'INSTALLED_APPS = ["shop"]\nROOT_URLCONF = "site.urls"',
        "site/urls.py": 'include("shop.urls")',
        "shop/__init__.py": "",
        "shop/models.py": "import PIL",
        "shop/urls.py": "",
        "shop/tests.py": "import factory",
        "shop/migrations/0001_initial.py": "import uuid6",
        "shop/management/commands/seed.py": "import faker",
    }
    found = reached(files, "python manage.py migrate")
    assert {"PIL", "uuid6"} <= set(found.externals)
    assert "shop/urls.py" in found.modules
    assert "factory" not in found.externals
    assert "faker" in found.externals


def test_a_computed_module_name_reaches_its_whole_package():
    found = reached(
        {
            "main.py": 'from importlib import import_module\nimport_module(f"engines.{name}")',
            "engines/__init__.py": "",
            "engines/one.py": "import lxml",
        },
        "python -m main",
    )
    assert "lxml" in found.externals


def test_a_local_module_with_a_packages_name_is_told_apart_by_where_it_resolves():
    files = {"app/__init__.py": "", "app/main.py": "import redis", "app/redis.py": "import json"}
    found = reached(files, "uvicorn app.main:app", external={"redis"})
    assert "redis" in found.externals
    assert "app/redis.py" not in found.modules
    relative = {**files, "app/main.py": "from . import redis"}
    assert "redis" not in reached(relative, "uvicorn app.main:app").externals


def test_the_folder_a_monorepo_member_is_imported_from_is_found():
    index = index_of({"src/py/shop/__init__.py": "", "src/py/shop/run.py": "import shop.models"})
    assert index.find("shop.run") == "src/py/shop/run.py"


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("exec gunicorn -c conf.py pkg.wsgi:application", "pkg/wsgi.py"),
        ("poetry run python -m pkg", "pkg/__main__.py"),
        ("uv run --no-dev celery --app=pkg.tasks worker", "pkg/tasks.py"),
        ("tini -- gosu app python /srv/app/pkg/run.py serve", "pkg/run.py"),
        ("uvicorn --factory ${MODULE:-pkg.wsgi:create}", "pkg/wsgi.py"),
        ("env A=b hypercorn pkg.wsgi", "pkg/wsgi.py"),
        ("timeout 30 arq pkg.tasks.Worker", "pkg/tasks.py"),
        ("python -c 'import_pkg' ", None),
        ("cp pkg /srv", None),
    ],
)
def test_commands_name_their_entry(command, file):
    index = index_of(
        {f"pkg/{name}.py": "" for name in ("__init__", "__main__", "wsgi", "tasks", "run")}
    )
    entries = entries_of_command(command.split(), CMD, index)
    assert [entry.file for entry in entries][:1] == ([file] if file else [])


def test_an_entry_that_is_not_python_is_named_with_its_line():
    index = index_of({"main.py": "import flask\ndef broken(:\n"})
    found = reach(index, entries_of_command(["uvicorn", "main:app"], CMD, index))
    fault = found.faulty_entry(index)
    assert fault is not None
    assert str(fault.origin) == "main.py:2"


def test_a_string_that_names_test_code_does_not_load_it():
    files = {"main.py": 'FACTORY = "app.factories.User"', "app/factories.py": "import factory"}
    assert "factory" not in reached(files, "python main.py").externals


def test_options_of_python_may_be_written_as_one():
    files = {"app/__init__.py": "", "app/__main__.py": "import app.routes", "app/routes.py": ""}
    assert "app/routes.py" in reached(files, "python3 -um app --port 5000").modules


def test_settings_that_a_start_script_sets_are_loaded_whatever_their_folder_is_called():
    files = {
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")',
        "demo/__init__.py": "",
        "demo/settings.py": "import environs",
    }
    assert "demo/settings.py" in reached(files, "python manage.py runserver").modules


def test_settings_that_something_outside_chooses_are_loaded_but_not_those_of_developers():
    files = {
        "site/__init__.py": "",
        "site/wsgi.py": "from django.core.wsgi import get_wsgi_application",
        "site/settings/__init__.py": "",
        "site/settings/base.py": 'INSTALLED_APPS = ["shop"]',
        "site/settings/production.py": "from .base import *\nimport sentry_sdk",
        "site/settings/development.py": "from .base import *\nimport debug_toolbar",
        "shop/__init__.py": "",
        "shop/models.py": "import PIL",
    }
    found = reached(files, "gunicorn site.wsgi:application")
    assert {"sentry_sdk", "PIL"} <= set(found.externals)
    assert "debug_toolbar" not in found.externals
