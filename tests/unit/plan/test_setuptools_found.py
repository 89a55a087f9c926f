"""What fails without the setuptools of the base is seen in the image that was made without it."""

import pytest

from jettison.contents import Installed
from jettison.plan.brought_by_base import importer_of_setuptools

AT_ONCE = b"from pkg_resources import get_distribution\n"
MODULE = "tokens/__init__.py"


def environment(
    source: bytes, path: str = MODULE, versions: tuple[tuple[str, str], ...] = ()
) -> Installed:
    return Installed(
        site="/opt/venv/lib/python3.11/site-packages",
        library="/usr/local/lib/python3.11",
        files={path: len(source)},
        owners={path: "tokens"},
        entry_points=(),
        sources={path: source},
        words={},
        application={},
        versions={"tokens": "4.7.2", **dict(versions)},
    )


def test_a_module_that_imports_it_at_once_is_named_with_its_file() -> None:
    evidence = importer_of_setuptools(environment(AT_ONCE))

    assert evidence is not None
    assert "tokens 4.7.2" in evidence.message
    assert MODULE in evidence.message


@pytest.mark.parametrize(
    "source",
    [
        b"try:\n    import pkg_resources\nexcept ImportError:\n    pkg_resources = None\n",
        b"def version():\n    import pkg_resources\n    return pkg_resources\n",
        b"from .pkg_resources import get_distribution\n",
        b"# import pkg_resources\n",
        b"import sys\nif sys.version_info < (3, 8):\n    import pkg_resources\n",
        b"import pkg_resources (\n",
    ],
)
def test_what_goes_on_without_it_needs_none(source: bytes) -> None:
    assert importer_of_setuptools(environment(source)) is None


@pytest.mark.parametrize("path", ["tokens/tests/test_it.py", "tokens/conftest.py"])
def test_what_tests_import_is_not_needed(path: str) -> None:
    assert importer_of_setuptools(environment(AT_ONCE, path)) is None


def test_an_environment_that_has_it_needs_nothing_more() -> None:
    assert importer_of_setuptools(environment(AT_ONCE, versions=(("setuptools", "81.0"),))) is None
