from textwrap import dedent

import pytest

from jettison.ecosystems import conda
from jettison.ecosystems.declaration import Declaration
from jettison.ecosystems.pipenv import parse_pipfile
from jettison.ecosystems.setuptools import parse_setup_cfg, parse_setup_py, requirement_files
from jettison.errors import InputSyntaxError


def rows(found: tuple[Declaration, ...]) -> list[tuple[str, str, str, str, int | None]]:
    return [(one.name, one.specifier, one.kind, one.group, one.origin.line) for one in found]


def test_pipfile() -> None:
    text = """\
        [[source]]
        url = "https://index.example/simple"
        [packages]
        Flask = "==3.0"
        requests = {version = "*", extras = ["socks"], sys_platform = "== 'linux'"}
        lib = {git = "https://git.example/lib.git"}
        [dev-packages]
        pytest = "*"  # tests
        [docs]
        sphinx = ">=7"
        """
    found = parse_pipfile(dedent(text), file="Pipfile")
    assert rows(found) == [
        ("flask", "==3.0", "main", "", 4),
        ("requests", "", "main", "", 5),
        ("lib", "", "main", "", 6),
        ("pytest", "", "group", "dev", 8),
        ("sphinx", ">=7", "group", "docs", 10),
    ]
    assert (found[1].extras, found[1].marker) == (("socks",), "sys_platform == 'linux'")
    assert found[3].comment == "tests"


def test_setup_cfg() -> None:
    text = """\
        [metadata]
        name = app
        [options]
        install_requires =
            # Web
            flask>=3 ; python_version >= "3.8"
            requests  # http

            # Tests
            pytest
        tests_require = nose
        [options.extras_require]
        docs =
            sphinx
        """
    found = parse_setup_cfg(dedent(text), file="setup.cfg")
    assert rows(found) == [
        ("flask", ">=3", "main", "", 6),
        ("requests", "", "main", "", 7),
        ("pytest", "", "main", "", 10),
        ("nose", "", "group", "tests", 11),
        ("sphinx", "", "optional", "docs", 14),
    ]
    assert found[1].comment == "http"
    assert found[2].section is not None
    assert found[2].section.text == "Tests"


def test_setup_cfg_that_reads_a_file() -> None:
    text = "[options]\ninstall_requires = file: requirements.txt, more.txt\n"
    assert parse_setup_cfg(text, file="setup.cfg") == ()
    assert requirement_files(text, file="setup.cfg") == ("requirements.txt", "more.txt")


def test_setup_cfg_that_is_none() -> None:
    with pytest.raises(InputSyntaxError) as caught:
        parse_setup_cfg("[options]\n???\n", file="setup.cfg")
    assert str(caught.value) == ("setup.cfg:2: not a valid line of a configuration file: ???")


def test_setup_py_is_read_without_running_it() -> None:
    text = """\
        import setuptools
        BASE = ["flask>=3", "requests"]
        TESTS = ["pytest"]
        setuptools.setup(
            name="app",
            install_requires=BASE + ["click"],
            tests_require=TESTS,
            extras_require={"test": TESTS, "docs": ["sphinx"], **OTHER},
        )
        """
    script = parse_setup_py(dedent(text), file="setup.py")
    assert rows(script.declarations) == [
        ("flask", ">=3", "main", "", 2),
        ("requests", "", "main", "", 2),
        ("click", "", "main", "", 6),
        ("pytest", "", "group", "tests", 3),
        ("pytest", "", "optional", "test", 3),
        ("sphinx", "", "optional", "docs", 8),
    ]


def test_setup_py_that_computes_names_the_files_it_reads() -> None:
    text = """\
        from setuptools import setup
        with open("requirements.txt") as stream:
            needs = stream.read().splitlines()
        needs = needs + needs
        setup(install_requires=needs)
        """
    script = parse_setup_py(dedent(text), file="setup.py")
    assert script.declarations == ()
    assert set(script.requirement_files) == {"requirements.txt"}


def test_setup_py_that_is_no_python() -> None:
    with pytest.raises(InputSyntaxError) as caught:
        parse_setup_py("setup(\nprint 'x'\n", file="setup.py")
    assert caught.value.origin is not None


def test_the_pip_section_of_a_conda_environment() -> None:
    text = """\
        name: app
        dependencies:
          - python=3.11
          - numpy
          - pip:
              # Web
              - flask==3.0  # server

              # Tests
              - pytest
              - -r more.txt
        """
    found = conda.parse(dedent(text), file="environment.yml")
    assert rows(found) == [
        ("flask", "==3.0", "main", "", 7),
        ("pytest", "", "main", "", 10),
    ]
    flask, pytest_ = found
    assert flask.comment == "server"
    assert pytest_.section is not None
    assert pytest_.section.text == "Tests"


def test_a_conda_environment_without_dependencies() -> None:
    assert conda.parse("name: app\n", file="environment.yml") == ()
