from textwrap import dedent

import pytest

from jettison.ecosystems.finding import development_file
from jettison.ecosystems.pyproject_moves import move_in_pipfile, move_in_setup_cfg


def test_pipfile() -> None:
    text = """\
        [packages]
        flask = "*"
        # Tests
        PyTest = "*"  # runner

        [dev-packages]
        black = "*"

        [requires]
        python_version = "3.11"
        """
    new = move_in_pipfile(dedent(text), {"pytest"})
    assert new == dedent("""\
        [packages]
        flask = "*"

        [dev-packages]
        black = "*"

        # Tests
        PyTest = "*"  # runner

        [requires]
        python_version = "3.11"
        """)
    assert move_in_pipfile(new, {"pytest"}) == new


def test_pipfile_without_a_development_section() -> None:
    assert move_in_pipfile('[packages]\nblack = "*"\n', {"black"}) == (
        '[packages]\n\n[dev-packages]\nblack = "*"\n'
    )
    assert move_in_pipfile("", {"black"}) == ""


def test_setup_cfg() -> None:
    text = """\
        [options]
        install_requires =
            flask
            # Tests
            pytest>=3
        packages = find:
        """
    new = move_in_setup_cfg(dedent(text), {"pytest"})
    assert new == dedent("""\
        [options]
        install_requires =
            flask
        packages = find:

        [options.extras_require]
        dev =
            # Tests
            pytest>=3
        """)
    assert move_in_setup_cfg(new, {"pytest"}) == new


@pytest.mark.parametrize(
    ("extras", "after"),
    [
        ("docs = sphinx\n", "dev =\n    pytest\ndocs = sphinx\n"),
        ("dev =\n    black\n\n[x]\n", "dev =\n    black\n    pytest\n\n[x]\n"),
    ],
)
def test_setup_cfg_that_has_extras(extras: str, after: str) -> None:
    text = f"[options]\ninstall_requires =\n    pytest\n[options.extras_require]\n{extras}"
    assert move_in_setup_cfg(text, {"pytest"}) == (
        f"[options]\ninstall_requires =\n[options.extras_require]\n{after}"
    )


@pytest.mark.parametrize(
    ("file", "other"),
    [
        ("requirements.txt", "requirements-dev.txt"),
        ("requirements.in", "requirements.dev.in"),
        ("requirements/base.txt", "requirements/development.txt"),
        ("deps/requirements.txt", "deps/dev-requirements.txt"),
        ("requirements/prod.in", "requirements/dev.in"),
    ],
)
def test_a_development_file_that_is_there_is_used(file: str, other: str) -> None:
    listing = [
        "requirements.dev.in",
        "requirements-test.txt",
        "requirements/development.txt",
        "requirements/test.in",
        "deps/dev-requirements.txt",
    ]
    assert development_file(file, listing) == other
