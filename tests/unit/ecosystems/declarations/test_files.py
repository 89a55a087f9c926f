import pytest

from jettison.ecosystems.declaration import Group, Kind
from jettison.ecosystems.finding import (
    declared_in,
    group_of,
    may_be_requirements_file,
    members,
    named_files,
)
from jettison.errors import InputSyntaxError


@pytest.mark.parametrize(
    ("file", "group"),
    [
        ("requirements.txt", ("main", "")),
        ("requirements/prod.txt", ("main", "")),
        ("requirements/base.in", ("main", "")),
        ("requirements-dev.txt", ("group", "dev")),
        ("requirements_for_test.in", ("group", "test")),
        ("dev-requirements.txt", ("group", "dev")),
        ("requirements/local.txt", ("group", "local")),
        ("requirements-gpu.txt", ("optional", "gpu")),
    ],
)
def test_names_say_whom_a_requirements_file_is_for(file: str, group: tuple[str, str]) -> None:
    (flask,) = declared_in(file, "flask\n")
    assert (flask.name, str(flask.kind), flask.group) == ("flask", *group)


def test_a_name_that_does_not_tell_is_that_of_a_main_file() -> None:
    assert [one.kind for one in declared_in("deps/more.txt", "ipdb\n")] == [Kind.MAIN]
    assert may_be_requirements_file("development.txt")
    assert group_of("development.txt") == Group(kind=Kind.GROUP, name="development")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("app/pyproject.toml", '[project]\ndependencies = ["flask"]\n'),
        ("setup.cfg", "[options]\ninstall_requires =\n    flask\n"),
        ("setup.py", "import setuptools as s\ns.setup(install_requires=['flask'])\n"),
        ("Pipfile", '[packages]\nflask = "*"\n'),
    ],
)
def test_each_file_is_read_in_its_own_format(file: str, text: str) -> None:
    (flask,) = declared_in(file, text)
    assert (flask.name, flask.origin.file) == ("flask", file)


def test_requirements_files_that_another_format_names() -> None:
    script = "import setuptools as s\ns.setup(install_requires=open('deps.txt').read())\n"
    assert named_files("setup.py", script) == ("deps.txt",)
    configuration = "[options]\ninstall_requires = file: deps.txt\n"
    assert named_files("setup.cfg", configuration) == ("deps.txt",)
    dynamic = '[tool.setuptools.dynamic]\ndependencies = { file = ["deps.txt"] }\n'
    assert named_files("pyproject.toml", dynamic) == ("deps.txt",)


def test_a_broken_requirements_file_is_an_error() -> None:
    with pytest.raises(InputSyntaxError):
        list(declared_in("requirements.txt", "Windows 11\n"))


def test_members_of_a_workspace() -> None:
    listing = [
        "pyproject.toml",
        "packages/a/pyproject.toml",
        "packages/b/pyproject.toml",
        "packages/b/deep/pyproject.toml",
        "other/pyproject.toml",
    ]
    text = '[tool.uv.workspace]\nmembers = ["packages/*"]\nexclude = ["packages/b"]\n'
    assert members(text, listing, file="pyproject.toml") == ("packages/a",)
    assert members("", listing, file="pyproject.toml") == ()
