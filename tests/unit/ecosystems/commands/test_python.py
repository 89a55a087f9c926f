"""One command for Python and what is seen in it."""

import pytest

from jettison.ecosystems.commands import (
    PipInstall,
    ProjectInstall,
    compile_bytecode,
    invocation,
    management,
    pip_install,
    project_install,
    tool_setting,
    virtual_environment,
)
from jettison.formats.shell import Command, parse
from jettison.values import Origin


def one(text: str) -> Command:
    (command,) = parse(text, origin=Origin(file="Dockerfile", line=1)).commands
    return command


def pip(text: str) -> PipInstall:
    install = pip_install(one(text))
    assert install is not None
    return install


def locked(text: str) -> ProjectInstall:
    install = project_install(one(text))
    assert install is not None
    return install


@pytest.mark.parametrize(
    ("text", "program", "module", "words"),
    [
        ("python3.11 -m pip install a", "pip", True, ["install", "a"]),
        ("/opt/venv/bin/pip3 install a", "pip", False, ["install", "a"]),
        ("python -Im pip install a", "pip", True, ["install", "a"]),
        ("python -X utf8 -m venv /v", "venv", True, ["/v"]),
        ("python -c 'import a' -m b", "python", False, ["-c", "import a", "-m", "b"]),
        ("python manage.py migrate", "python", False, ["manage.py", "migrate"]),
        ("uv run --with a python manage.py", "python", False, ["manage.py"]),
        ("poetry run -- pytest -q", "pytest", False, ["-q"]),
        ("exec gosu app gunicorn a:b", "gunicorn", False, ["a:b"]),
        ("timeout -k 5 10 env A=1 B=2 make", "make", False, []),
        ("yum install a", "dnf", False, ["install", "a"]),
        ("uv sync", "uv", False, ["sync"]),
    ],
)
def test_the_program_behind_prefixes(
    text: str, program: str, module: bool, words: list[str]
) -> None:
    run = invocation(one(text))
    assert run is not None
    assert (run.program, run.module) == (program, module)
    assert [word.text for word in run.words] == words


def test_an_assignment_runs_nothing() -> None:
    assert invocation(one("A=1")) is None


def test_pip_install_from_files() -> None:
    install = pip("pip install --no-cache-dir -r requirements.txt -r dev.txt -c constraints.txt")
    assert install.tool == "pip"
    assert install.requirement_files == ("requirements.txt", "dev.txt")
    assert install.constraint_files == ("constraints.txt",)
    assert install.requirements == ()
    assert not install.cached


def test_pip_install_of_requirements() -> None:
    install = pip("python -m pip install -U --extra-index-url https://x 'a[b]>=1' -e . .[c] d==2")
    assert install.tool == "python -m pip"
    assert [word.text for word in install.requirements] == ["a[b]>=1", ".[c]", "d==2"]
    assert install.editable == (".",)
    assert install.options.value("--extra-index-url") == "https://x"


def test_pip_install_elsewhere() -> None:
    assert pip("pip install --target /lib a").target == "/lib"
    assert pip("pip install --prefix=/install -r r.txt").target == "/install"
    assert pip("pip install --user a").user


def test_uv_pip() -> None:
    install = pip("uv pip install --system --no-cache -r requirements.txt a")
    assert (install.tool, install.requirement_files) == ("uv pip install", ("requirements.txt",))
    assert [word.text for word in install.requirements] == ["a"]
    sync = pip("uv pip sync requirements.lock")
    assert (sync.tool, sync.requirement_files) == ("uv pip sync", ("requirements.lock",))


@pytest.mark.parametrize(
    "text", ["pip list", "pip", "uv", "uv pip compile a", "uv sync", "install a"]
)
def test_other_commands_are_no_pip_install(text: str) -> None:
    assert pip_install(one(text)) is None


@pytest.mark.parametrize(
    ("text", "development"),
    [
        ("uv sync", True),
        ("uv sync --frozen --no-dev --no-install-project", False),
        ("uv sync --locked --no-default-groups --group dev", True),
        ("uv sync --only-group prod", False),
        ("uv sync --no-group dev", False),
        ("poetry install", True),
        ("poetry install --only main --no-root", False),
        ("poetry install --without dev,test --no-interaction", False),
        ("poetry install --no-dev", False),
        ("pipenv install --system --deploy", False),
        ("pipenv install --dev", True),
        ("pipenv sync", False),
        ("pdm install --prod --no-self", False),
        ("pdm sync", True),
    ],
)
def test_installs_from_a_lock_file(text: str, development: bool) -> None:
    assert locked(text).development == development


def test_groups_and_extras() -> None:
    install = locked("poetry install --with docs,test --without dev -E pgsql --extras 'a b'")
    assert install.with_groups == ("docs", "test")
    assert install.without_groups == ("dev",)
    assert install.extras == ("pgsql", "a", "b")
    assert locked("uv sync --all-extras --group a --group b").with_groups == ("a", "b")


@pytest.mark.parametrize(
    ("text", "output", "development"),
    [
        ("uv export --no-dev -o requirements.txt", "requirements.txt", False),
        ("poetry export -f requirements.txt --output r.txt --without-hashes", "r.txt", False),
        ("poetry export --with dev -f requirements.txt", None, True),
        ("pipenv requirements --dev", None, True),
        ("pdm export --prod -o r.txt", "r.txt", False),
    ],
)
def test_exports(text: str, output: str | None, development: bool) -> None:
    install = locked(text)
    assert (install.output, install.development) == (output, development)


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("conda env create -f environment.yml", "environment.yml"),
        ("mamba env update -n base --file env.yaml", "env.yaml"),
        ("micromamba install -y -n base -f /tmp/env.yaml", "/tmp/env.yaml"),
    ],
)
def test_a_conda_environment_is_made_of_its_file(text: str, file: str) -> None:
    install = locked(text)
    assert install.tool == "conda"
    assert install.options.value("-f", "--file") == file


def test_an_environment_of_hatch_has_a_group_of_its_own() -> None:
    assert locked("hatch env create").with_groups == ("default",)
    assert locked("hatch env create docs").with_groups == ("docs",)


@pytest.mark.parametrize(
    "text", ["conda install numpy", "micromamba install -f packages.txt", "hatch env show"]
)
def test_what_names_no_file_of_a_project_is_no_installation_of_one(text: str) -> None:
    assert project_install(one(text)) is None


@pytest.mark.parametrize(
    "text", ["uv", "uv run a", "poetry add a", "pipenv install requests", "make"]
)
def test_other_commands_install_no_project(text: str) -> None:
    assert project_install(one(text)) is None


def test_tool_settings() -> None:
    command = one("poetry config virtualenvs.create false --local")
    assert tool_setting(command) == ("virtualenvs.create", "false")


@pytest.mark.parametrize(
    ("text", "tool", "path"),
    [
        ("python -m venv --copies /opt/venv", "python -m venv", "/opt/venv"),
        ("virtualenv -p python3 env", "virtualenv", "env"),
        ("uv venv", "uv venv", ".venv"),
        ("uv venv --python 3.12 /opt/venv", "uv venv", "/opt/venv"),
    ],
)
def test_virtual_environments(text: str, tool: str, path: str) -> None:
    made = virtual_environment(one(text))
    assert made is not None
    assert (made.tool, made.path) == (tool, path)


def test_bytecode() -> None:
    found = compile_bytecode(
        one("python -m compileall -q -j 0 --invalidation-mode=checked-hash /app")
    )
    assert found is not None
    assert found.paths == ("/app",)


@pytest.mark.parametrize(
    "text",
    [
        "python manage.py collectstatic --noinput",
        "./manage.py collectstatic --noinput",
        "uv run python src/manage.py collectstatic --noinput",
        "django-admin collectstatic --noinput",
        "python -m django collectstatic --noinput",
    ],
)
def test_django_commands(text: str) -> None:
    found = management(one(text))
    assert found is not None
    assert found.action == "collectstatic"


@pytest.mark.parametrize("text", ["python app.py migrate", "python manage.py", "make migrate"])
def test_other_commands_are_not_of_django(text: str) -> None:
    assert management(one(text)) is None
