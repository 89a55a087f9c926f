from textwrap import dedent

from jettison.ecosystems.finding import named_in_pyproject, parse_pyproject, project_name


def read(text: str) -> list[tuple[str, str, str, str, int | None]]:
    """Name, specifier, kind, group and line of every declaration."""
    found = parse_pyproject(dedent(text), file="pyproject.toml")
    return [(one.name, one.specifier, one.kind, one.group, one.origin.line) for one in found]


def test_standard_tables() -> None:
    text = """\
        [project]
        name = "My_App"
        dependencies = [
            "FastAPI[all]>=0.100; python_version >= '3.8'",
            "lib @ https://files.example/lib-1.0.tar.gz",
        ]
        [project.optional-dependencies]
        fast = ["uvloop"]
        [dependency-groups]
        test = ["pytest>=7"]
        dev = [{include-group = "test"}, "ruff"]
        """
    assert read(text) == [
        ("fastapi", ">=0.100", "main", "", 4),
        ("lib", "", "main", "", 5),
        ("uvloop", "", "optional", "fast", 8),
        ("pytest", ">=7", "group", "test", 10),
        ("ruff", "", "group", "dev", 11),
        ("pytest", ">=7", "group", "dev", 10),
    ]
    fastapi, lib = parse_pyproject(dedent(text), file="pyproject.toml")[:2]
    assert (fastapi.extras, fastapi.marker) == (("all",), 'python_version >= "3.8"')
    assert lib.url == "https://files.example/lib-1.0.tar.gz"
    assert project_name(dedent(text), file="pyproject.toml") == "my-app"


def test_groups_that_include_each_other_end() -> None:
    text = """\
        [dependency-groups]
        a = ["x", {include-group = "b"}]
        b = [{include-group = "A"}, "y"]
        """
    assert [(name, group) for name, _, _, group, _ in read(text)] == [
        ("x", "a"),
        ("y", "a"),
        ("y", "b"),
        ("x", "b"),
    ]


def test_poetry_old_and_new() -> None:
    text = """\
        [tool.poetry]
        name = "app"
        [tool.poetry.dependencies]
        python = "^3.11"
        Flask = "^3.0"
        psycopg2 = {version = "2.9.*", optional = true}
        uvicorn = {version = "^0.24", extras = ["standard"], markers = "os_name == 'posix'"}
        library = {git = "https://git.example/library.git"}
        numpy = [
            {version = "1.0", python = "<3.9"},
            {version = "2.0", python = ">=3.9"},
        ]
        [tool.poetry.extras]
        postgres = ["psycopg2"]
        [tool.poetry.dev-dependencies]
        black = "*"
        [tool.poetry.group.test.dependencies]
        pytest = "^8"
        """
    assert read(text) == [
        ("flask", "^3.0", "main", "", 5),
        ("psycopg2", "2.9.*", "optional", "postgres", 6),
        ("uvicorn", "^0.24", "main", "", 7),
        ("library", "", "main", "", 8),
        ("numpy", "1.0", "main", "", 9),
        ("numpy", "2.0", "main", "", 9),
        ("black", "", "group", "dev", 16),
        ("pytest", "^8", "group", "test", 18),
    ]
    found = parse_pyproject(dedent(text), file="pyproject.toml")
    assert (found[2].extras, found[2].marker) == (("standard",), "os_name == 'posix'")
    assert found[3].url == "https://git.example/library.git"


def test_other_tools_development_tables() -> None:
    text = """\
        [tool.uv]
        dev-dependencies = ["pytest"]
        [tool.pdm.dev-dependencies]
        lint = ["ruff", "-e file:///${PROJECT_ROOT}/x#egg=x"]
        [tool.hatch.envs.docs]
        dependencies = ["mkdocs"]
        extra-dependencies = ["mkdocs-material"]
        """
    assert read(text) == [
        ("pytest", "", "group", "dev", 2),
        ("ruff", "", "group", "lint", 4),
        ("mkdocs", "", "group", "docs", 6),
        ("mkdocs-material", "", "group", "docs", 7),
    ]


def test_comments_and_headings_in_arrays_and_tables() -> None:
    text = """\
        [project]
        dependencies = [
            # Web
            "fastapi",  # the server

            # Development tools
            "pytest",
            # "black==23",
            # slow without it
            "pytest-xdist",
        ]
        [tool.poetry.dependencies]
        # Web
        flask = "^3"

        # Tests
        nose = "*"  # old
        """
    found = {one.name: one for one in parse_pyproject(dedent(text), file="pyproject.toml")}
    headings = {name: one.section.text if one.section else "" for name, one in found.items()}
    assert headings == {
        "fastapi": "Web",
        "pytest": "Development tools",
        "pytest-xdist": "Development tools",
        "flask": "Web",
        "nose": "Tests",
    }
    assert found["fastapi"].comment == "the server"
    assert found["nose"].comment == "old"
    assert found["pytest-xdist"].above == "slow without it"
    section = found["pytest"].section
    assert section is not None
    assert section.origin.line == 6


def test_requirements_files_that_dynamic_dependencies_come_from() -> None:
    text = """\
        [tool.setuptools.dynamic]
        dependencies = {file = ["requirements.txt"]}
        [tool.hatch.metadata.hooks.requirements_txt]
        files = ["more.txt"]
        """
    assert named_in_pyproject(dedent(text), file="p") == ("requirements.txt", "more.txt")


def test_tables_of_another_shape_are_passed_over() -> None:
    assert read('project = 3\n[tool.poetry]\ndependencies = "x"\n') == []
    assert read('[project]\ndependencies = "x"\n[dependency-groups]\ndev = [1, {}]\n') == []
