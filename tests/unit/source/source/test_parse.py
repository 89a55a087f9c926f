import ast
from textwrap import dedent

import pytest

from jettison.source import ModuleFacts
from jettison.source.parse import LARGEST, parse


def facts(source: str) -> ModuleFacts:
    return parse("app/module.py", dedent(source).encode())


def test_an_import_knows_its_line_and_circumstances():
    found = facts(
        """
        import os
        from . import models
        try:
            import magic
        except ImportError:
            magic = None
        if TYPE_CHECKING:
            import stubs
        def export():
            import docx
        if settings.DEBUG:
            import debug_toolbar
        if __name__ == "__main__":
            import uvicorn
        """
    )
    by_name = {i.module or i.names[0]: i for i in found.imports}
    assert str(by_name["os"].origin) == "app/module.py:2"
    assert by_name["models"].level == 1
    assert by_name["magic"].circumstance.optional
    assert by_name["stubs"].circumstance.typing_only
    assert by_name["debug_toolbar"].circumstance.condition == "settings.DEBUG"
    assert by_name["uvicorn"].circumstance.main_guard


def test_the_replacement_of_an_optional_module_is_optional_too():
    found = facts(
        """
        try:
            import orjson
        except ModuleNotFoundError:
            import ujson
        """
    )
    assert [i.circumstance.optional for i in found.imports] == [True, True]


def test_suppressed_import_errors_are_optional():
    found = facts("from contextlib import suppress\nwith suppress(ImportError):\n    import uvloop")
    assert found.imports[1].circumstance.optional


def test_literal_dynamic_imports_are_imports():
    found = facts(
        """
        from importlib import import_module
        backend = import_module("storages.backends.s3")
        engine = import_module(f"app.engines.{name}")
        lazy = __import__("lxml")
        """
    )
    assert [i.module for i in found.imports if i.dynamic] == [
        "storages.backends.s3",
        "app.engines.*",
        "lxml",
    ]


def test_strings_know_the_setting_and_the_key_that_hold_them():
    found = facts(
        """
        INSTALLED_APPS = ["rest_framework", "whitenoise.runserver_nostatic"]
        DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
        engine = create_async_engine(f"postgresql+asyncpg://{user}@db/app")
        """
    )
    placed = {t.value: (t.target, t.role) for t in found.texts}
    assert placed["rest_framework"] == ("INSTALLED_APPS", "")
    assert placed["django.db.backends.postgresql"] == ("DATABASES", "ENGINE")
    assert "postgresql+asyncpg://" in placed


def test_docstrings_file_names_and_web_addresses_name_nothing():
    found = facts('"""celery.task"""\nlink("https://example.org")\nopen("report.csv")')
    assert found.texts == ()


def test_references_are_absolute():
    found = facts("from django.db import models\nphoto = models.ImageField()")
    assert ("django.db.models.ImageField", 2) in [(r.name, r.line) for r in found.references]


def test_environment_variables():
    found = facts(
        """
        import os
        a = os.environ["DATABASE_URL"]
        b = os.getenv("CACHE_URL", "redis://cache")
        c = env.bool("DEBUG", default=False)
        """
    )
    assert [e.name for e in found.environment] == ["DATABASE_URL", "CACHE_URL", "DEBUG"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"print 'two'\nimport simplejson\n", "not valid for Python 3"),
        (b"x = 'caf\xe9'\nimport simplejson\n", "not valid for Python 3"),
        (b"x = [\nimport simplejson\n" + b" " * LARGEST, "larger than"),
        (b"import simplejson\n" + b"(" * 4000, "not"),
    ],
)
def test_a_file_that_is_not_python_costs_itself_alone_and_still_gives_its_imports(content, reason):
    found = parse("old.py", content)
    assert found.skipped is not None
    assert reason in found.skipped.reason
    assert [i.module for i in found.imports] == ["simplejson"]


def test_a_binary_file_gives_nothing():
    found = parse("blob.py", b"\x7fELF\0\0import simplejson\n")
    assert found.skipped is not None
    assert "binary" in found.skipped.reason
    assert found.imports == ()


def test_a_syntax_error_has_its_line():
    found = parse("main.py", b"import os\ndef broken(:\n")
    assert str(found.skipped.origin) == "main.py:2"


def test_a_fault_of_the_interpreter_is_met_by_reading_again(monkeypatch):
    real, calls = ast.parse, []

    def parsed(content, mode):
        calls.append(content)
        if len(calls) == 1:
            raise SystemError("AST constructor recursion depth mismatch")
        return real(content, mode=mode)

    monkeypatch.setattr(ast, "parse", parsed)
    assert [found.module for found in parse("a.py", b"import six\n").imports] == ["six"]
