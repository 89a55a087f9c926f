"""Sizes of images that were never built."""

from __future__ import annotations

import pytest
from base_needs import distribution, project_of
from msgspec.structs import replace
from packaging.requirements import Requirement

from jettison.ecosystems.commands.python import PipInstall
from jettison.formats.dockerfile import copy, parse
from jettison.index import InstalledFile
from jettison.index.graph import Closure, requirement_graph
from jettison.index.target import Target
from jettison.lift.action import lifted_run
from jettison.lift.stage import lifted
from jettison.plan.prediction import expected, predicted
from jettison.plan.prediction_environment import copied_files, installed_names
from jettison.plan.prediction_parts import Prediction

PURE = "py3-none-any"
SLIM = "FROM python:3.11-slim\n"

LOCKED = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["one"]\n',
    "uv.lock": 'version = 1\n\n[[package]]\nname = "shop"\nversion = "1"\n'
    'source = { virtual = "." }\ndependencies = [{ name = "one" }]\n\n'
    '[[package]]\nname = "one"\nversion = "1"\nsource = { registry = "https://pypi.org/simple" }\n',
}


def closure(*names: str) -> Closure:
    """Each distribution has 500 kB of Python and 500 kB of something else."""
    files = (InstalledFile(path="a.py", size=500_000), InstalledFile(path="a.so", size=500_000))
    facts = {name: replace(distribution(name, PURE), files=files) for name in names}
    graph = requirement_graph(facts, [Requirement(each) for each in names], Target(python="3.11"))
    return Closure(facts=facts, graph=graph)


def of(text: str, *names: str, files: dict[str, str] | None = None) -> Prediction:
    requirements = {"requirements.txt": "\n".join(names)} if names else {}
    project = project_of(text, {**requirements, **(files or {})})
    return predicted(project, closure(*names), keeps_cache=True)


def sizes(found: Prediction) -> dict[str, int]:
    return {part.what: part.size.bytes for part in found.parts}


def test_the_parts_add_up() -> None:
    found = of(f"{SLIM}COPY app.py /app/\n", files={"app.py": "x" * 100})
    assert sizes(found) == {"base python:3.11-slim": 122_600_000, "files of the project": 100}
    assert found.size is not None
    assert found.size.bytes == 122_600_100


def test_an_unknown_base_gives_no_size_and_says_so() -> None:
    found = of("FROM internal/base:7\n")
    assert found.size is None
    assert found.unknown[0].what == "the size of internal/base:7"


def test_distributions_count_with_byte_code_unless_none_is_made() -> None:
    pip = of(
        f"{SLIM}COPY requirements.txt .\nRUN pip install --no-cache-dir -r requirements.txt\n",
        "one",
        "two",
    )
    assert sizes(pip)["2 distributions"] == 2 * (1_000_000 + 600_000)
    uv = of(
        f"{SLIM}COPY requirements.txt .\nRUN uv pip install -r requirements.txt\n", "one", "two"
    )
    assert sizes(uv)["2 distributions"] == 2_000_000


def test_a_list_is_found_again_after_its_command_was_lifted_again() -> None:
    text = f"{SLIM}COPY requirements.txt .\nRUN pip install --no-cache-dir -r requirements.txt\n"
    project = project_of(text, {"requirements.txt": "one"})
    stage = lifted(project)
    fact = next(
        action.fact
        for item in stage.inherited
        if item.keyword == "RUN"
        for action in lifted_run(item).actions
        if isinstance(action.fact, PipInstall)
    )
    # as more commands do than are kept
    lifted_run.cache_clear()
    assert installed_names(project, stage, fact, closure("one")) == {"one"}


def test_an_environment_of_another_stage_counts_when_it_is_copied() -> None:
    text = """\
FROM python:3.11 AS build
RUN apt-get update && apt-get install -y gcc
RUN python -m venv /opt/venv
COPY requirements.txt .
RUN pip install -r requirements.txt
FROM python:3.11-slim
COPY --from=build /opt/venv /opt/venv
"""
    found = sizes(of(text, "one"))
    assert found["1 distributions"] == 1_600_000
    assert "a virtual environment" in found
    assert not any(what.startswith("packages") for what in found)


def test_an_environment_that_is_copied_in_parts_counts_once() -> None:
    text = """\
FROM python:3.11 AS build
COPY requirements.txt .
RUN pip install -r requirements.txt
FROM python:3.11-slim
COPY --from=build /usr/local/lib/python3.11 /usr/local/lib/python3.11
COPY --from=build /usr/local/bin/gunicorn /usr/local/bin/gunicorn
"""
    found = [part.what for part in of(text, "one").parts]
    assert found.count("1 distributions") == 1


def test_byte_code_of_listed_modules_counts() -> None:
    step = "RUN python -m compileall -q -i /tmp/loaded.txt /app\n"
    found = sizes(of(f"{SLIM}{step}", files={".jettison/loaded.txt": "/usr/a.py\n/usr/b.py\n"}))
    few = found["byte code of the standard library"]
    assert (
        0
        < few
        < sizes(of(f"{SLIM}RUN python -m compileall /usr/local/lib/python3.11\n"))[
            "byte code of the standard library"
        ]
    )


def test_what_a_list_takes_out_counts_once_with_its_byte_code() -> None:
    steps = f"{SLIM}COPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    whole = of(steps, "one").size
    listed = {
        ".jettison/removed-files.txt": "# unloaded-bytecode: of one (600 kB)\n__pycache__/a.*.pyc\n"
    }
    taken = of(
        f"{steps}RUN python -I /removal/remove_files.py /removal/removed-files.txt /usr/local\n"
        "RUN rm -f /app/removed-files.txt /app/remove_files.py /app/jettison_removed.py\n",
        "one",
        files=listed,
    ).size
    assert whole is not None
    assert taken is not None
    assert whole.bytes - taken.bytes == 600_000


def test_files_that_change_owner_count_again_but_not_those_that_come_later() -> None:
    text = f"{SLIM}COPY a.txt /app/data/\nRUN chown -R 1:1 /app/data\nCOPY b.txt /app/data/\n"
    found = sizes(of(text, files={"a.txt": "x" * 70, "b.txt": "x" * 900}))
    assert found["the same files again, by chown"] == 70


@pytest.mark.parametrize(
    ("step", "stay"),
    [
        ("RUN apt-get update && apt-get install -y git", True),
        ("RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*", False),
        ("RUN --mount=type=cache,target=/var/lib/apt/lists apt-get update", False),
    ],
)
def test_package_lists_count_where_they_stay(step: str, *, stay: bool) -> None:
    assert ("package lists that stay" in sizes(of(f"{SLIM}{step}\n"))) is stay


def test_packages_count_once_with_what_they_bring() -> None:
    once = sizes(of(f"{SLIM}RUN apt-get install -y --no-install-recommends git\n"))
    twice = of(
        f"{SLIM}RUN apt-get install -y --no-install-recommends git\n"
        "RUN apt-get install -y --no-install-recommends git curl\n"
    )
    first, second = (part.size.bytes for part in twice.parts[1:])
    assert first == once["packages: git"]
    assert 0 < second < first


def test_recommended_packages_count_where_apt_takes_them_along() -> None:
    plain = sizes(of(f"{SLIM}RUN apt-get install -y --no-install-recommends git\n"))
    more = sizes(of(f"{SLIM}RUN apt-get install -y git\n"))
    assert more["packages: git"] > plain["packages: git"]


def test_documentation_counts_on_full_images() -> None:
    slim = sizes(of(f"{SLIM}RUN apt-get install -y --no-install-recommends tcpdump\n"))
    full = sizes(of("FROM python:3.11\nRUN apt-get install -y --no-install-recommends tcpdump\n"))
    assert full["packages: tcpdump"] > slim["packages: tcpdump"]


def test_what_nobody_can_tell_is_said() -> None:
    found = of(f"{SLIM}RUN ./configure && make install\nRUN apt-get install -y frobnicator\n")
    assert [item.what for item in found.unknown] == [
        "what `./configure` writes",
        "what `make install` writes",
        "the size of frobnicator",
    ]


DECLARED = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["one", "two"]\n',
    "poetry.lock": "",
}


@pytest.mark.parametrize(
    "install",
    [
        "COPY . .\nRUN pip install --no-cache-dir -e .\n",
        "COPY . .\nRUN poetry export -o list.txt\nRUN pip install --no-cache-dir -r list.txt\n",
    ],
)
def test_what_the_project_declares_counts_where_a_command_installs_it(install: str) -> None:
    found = predicted(project_of(SLIM + install, DECLARED), closure("one", "two"))
    assert sizes(found)["2 distributions"] == 2 * (1_000_000 + 600_000)


def test_a_size_without_what_another_stage_gives_is_the_least() -> None:
    stages = f"{SLIM.strip()} AS made\nRUN ./configure\n{SLIM}COPY --from=made /opt /opt\n"
    assert of(stages).least == "more than "
    assert of(f"{SLIM}RUN ./configure\n").least == ""


def test_the_build_context_is_what_dockerignore_leaves() -> None:
    files = {"app/a.py": "x" * 10, "app/b.log": "x" * 1000, ".dockerignore": "**/*.log\n"}
    assert sizes(of(f"{SLIM}COPY app /app\n", files=files))["files of the project"] == 10


@pytest.mark.parametrize(
    ("line", "paths"),
    [
        ("COPY . /app", {"a.py", "pkg/b.py", "pkg/c.txt"}),
        ("COPY pkg /app/pkg", {"b.py", "c.txt"}),
        ("COPY pkg/b.py a.py /app/", {"b.py", "a.py"}),
        ("COPY a.py /app/main.py", {""}),
        ("COPY pkg/*.txt /app/", {"c.txt"}),
        ("COPY p?g /app/", {"b.py", "c.txt"}),
    ],
)
def test_a_copy_takes_what_docker_would(line: str, paths: set[str]) -> None:
    instruction = parse(f"FROM x\n{line}\n", file="Dockerfile").instructions[1]
    sent = {"a.py": 1, "pkg/b.py": 1, "pkg/c.txt": 1}
    assert {path for path, _ in copied_files(copy(instruction), sent)} == paths


def test_the_manifest_of_removals_counts_with_its_list() -> None:
    text = (
        f"{SLIM.replace('slim', 'slim AS build', 1)}COPY removed-files.txt /removal/\n{SLIM}"
        "COPY --from=build /usr/share/jettison /usr/share/jettison\n"
    )
    found = of(text, files={".jettison/removed-files.txt": "numpy/tests/\n" * 100})
    assert found.unknown == ()
    assert 0 < sizes(found)["the manifest of what was removed"] < 1300


@pytest.mark.parametrize(
    ("installing", "environment", "copied"),
    [
        ("pip install --prefix=/install -r requirements.txt", "/install", "/install /usr/local"),
        ("pip install --user -r requirements.txt", "/root/.local", "/root/.local /home/app/.local"),
        ("cd /app && uv sync", "/app/.venv", "/app /app"),
    ],
)
def test_what_is_removed_in_a_stage_is_missing_where_its_environment_is_copied(
    installing: str, environment: str, copied: str
) -> None:
    script = "/removal/remove_files.py /removal/removed-files.txt"
    made = f"{SLIM.replace('slim', 'slim AS build', 1)}WORKDIR /app\nCOPY . .\nRUN {installing}\n"
    removing = f"RUN python3 -I {script} {environment} /tmp/removed\n"
    files = {**LOCKED, ".jettison/removed-files.txt": "a.so\n"}
    found = of(f"{made}{removing}{SLIM}COPY --from=build {copied}\n", "one", files=files)
    assert sizes(found)["files removed from the environment"] == -500_000


def test_equal_files_that_become_one_count_once() -> None:
    made = (
        "FROM python:3.11-slim AS build\nRUN python -m venv /opt/venv\n"
        "COPY requirements.txt .\nRUN /opt/venv/bin/pip install -r requirements.txt\n"
    )
    script = "/removal/remove_files.py /removal/removed-files.txt"
    removing = f"RUN /opt/venv/bin/python -I {script} /opt/venv\n"
    ending = "FROM python:3.11-slim\nCOPY --from=build /opt/venv /opt/venv\n"

    def size(listed: str) -> int:
        files = {".jettison/removed-files.txt": listed}
        found = of(f"{made}{removing}{ending}", "one", files=files)
        assert found.size is not None
        return found.size.bytes

    assert size("") - size("link: a.so -> a.py\n") == 500_000
    assert size("a.py\n") == size("a.py\n\nlink: a.so -> a.py\n")


def test_what_an_earlier_command_installed_to_the_same_place_counts_once() -> None:
    install = "RUN pip install --no-cache-dir {}-r requirements.txt\n"
    start = f"{SLIM}COPY requirements.txt .\n"
    once = of(start + install.format(""), "one", "two")
    twice = of(start + install.format("") + install.format("--upgrade "), "one", "two")
    assert twice.size == once.size
    elsewhere = of(start + install.format("") + install.format("--target /two "), "one", "two")
    assert elsewhere.size is not None
    assert once.size is not None
    assert elsewhere.size.bytes > once.size.bytes


def test_what_the_stage_below_installs_counts() -> None:
    install = "COPY requirements.txt .\nRUN pip install --no-cache-dir -r requirements.txt\n"
    alone = of(SLIM + install, "one", "two")
    below = of(
        SLIM.replace("\n", " AS base\n") + install + 'FROM base AS app\nCMD ["one"]\n',
        "one",
        "two",
    )
    assert below.size == alone.size


@pytest.mark.parametrize(("missing", "told"), [(0, True), (1, True), (5, False)])
def test_no_range_is_given_where_much_of_what_is_installed_is_not_known(
    missing: int, told: bool
) -> None:
    known = [f"known{number}" for number in range(6)]
    names = known + [f"gone{number}" for number in range(missing)]
    text = "FROM python:3.13\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    project = project_of(text + 'CMD ["python"]\n', {"requirements.txt": "\n".join(names)})
    found = predicted(project, closure(*known), keeps_cache=True)
    assert (expected(project, lifted(project), found, (), 2) is not None) is told


def test_a_range_is_given_for_a_python_whose_smallest_base_was_not_measured() -> None:
    for python, told in (("3.12", True), ("3.14", True), ("2.7", False)):
        project = project_of(f'FROM python:{python}\nCOPY a.py .\nCMD ["python"]\n', {"a.py": ""})
        found = predicted(project, closure(), keeps_cache=True)
        assert (expected(project, lifted(project), found, (), 2) is not None) is told


def test_packages_of_alpine_bring_neither_perl_nor_what_its_base_has() -> None:
    def added(base: str, name: str, install: str) -> int:
        found = of(f"FROM {base}\nRUN {install} {name}\n")
        return sizes(found)[f"packages: {name}"]

    apt = "apt-get update && apt-get install -y --no-install-recommends"
    for name in ("git", "postgresql-client"):
        alpine = added("python:3.13-alpine", name, "apk add --no-cache")
        assert alpine < added("python:3.13-slim", name, apt) * 0.6
    assert added("python:3.13-alpine", "bash", "apk add --no-cache") > 5_000_000


def test_what_a_stage_made_and_the_image_installs_once_more_counts_once() -> None:
    declared = {
        "pyproject.toml": '[project]\nname = "a"\nversion = "1"\ndependencies = ["one"]\n',
        "uv.lock": "version = 1\n",
    }
    build = f"FROM python:3.11-slim AS build\nWORKDIR /app\nCOPY . .\nRUN uv sync\n{SLIM}"
    copying = "COPY --from=build /app/.venv /app/.venv\nCOPY . /app\nWORKDIR /app\n"
    project = {
        text: project_of(build + text, declared) for text in (copying, f"{copying}RUN uv sync\n")
    }
    once, again = (predicted(each, closure("one"), keeps_cache=True) for each in project.values())
    assert once.size is not None
    assert again.size is not None
    assert once.size.bytes > 122_600_000 + 1_000_000
    assert again.size.bytes < once.size.bytes + 1000


def test_the_project_itself_adds_to_what_its_lock_installed() -> None:
    declared = {
        "pyproject.toml": '[project]\nname = "a"\nversion = "1"\ndependencies = ["one"]\n',
        "uv.lock": "version = 1\n",
    }
    text = f"{SLIM}WORKDIR /app\nCOPY . .\nRUN uv sync\n"
    once, again = (
        predicted(project_of(each, declared), closure("one"), keeps_cache=True).size
        for each in (text, f"{text}RUN uv pip install --no-deps .\n")
    )
    assert once is not None
    assert again is not None
    assert again.bytes < once.bytes + 1000


def test_one_program_of_an_environment_is_not_the_environment() -> None:
    made = (
        "FROM python:3.11-slim AS build\nRUN python -m venv /app/venv\nCOPY requirements.txt .\n"
        f"RUN /app/venv/bin/pip install -r requirements.txt\n{SLIM}"
        "COPY --from=build /app /app\n"
    )
    once = of(made, "one")
    again = of(f"{made}COPY --from=build /app/venv/bin/manage /usr/bin/\n", "one")
    assert once.size == again.size


def test_a_variable_names_the_environment_that_is_copied() -> None:
    made = (
        "FROM python:3.11-slim AS build\nRUN python -m venv /app/venv\nCOPY requirements.txt .\n"
        f"RUN /app/venv/bin/pip install -r requirements.txt\n{SLIM}ENV VENV=/app/venv\n"
    )
    plain = of(f"{made}COPY --from=build /app/venv /app/venv\n", "one")
    assert of(f"{made}COPY --from=build $VENV $VENV\n", "one").size == plain.size


def test_what_a_stage_only_passes_on_counts() -> None:
    made = (
        "FROM python:3.11-slim AS made\nRUN python -m venv /opt/venv\nCOPY requirements.txt .\n"
        "RUN /opt/venv/bin/pip install -r requirements.txt\n"
    )
    passed = "FROM python:3.11-slim AS passed\nCOPY --from=made /opt/venv/ /venv/\n"
    once = of(f"{made}{SLIM}COPY --from=made /opt/venv /venv\n", "one")
    twice = of(f"{made}{passed}{SLIM}COPY --from=passed /venv /venv\n", "one")
    assert once.size == twice.size


UV = f"{SLIM}COPY --from=ghcr.io/astral-sh/uv:latest /uv /uvx /bin/\nWORKDIR /app\n"


def test_uv_that_is_copied_counts() -> None:
    found = of(f"{UV}COPY . .\nRUN uv sync\n", "one", files=LOCKED)
    assert sizes(found)["uv"] == 38_700_000
    assert not found.unknown


@pytest.mark.parametrize(
    ("setting", "step", "kept"),
    [
        ("ENV UV_LINK_MODE=copy\n", "RUN uv sync", True),
        ("", "RUN uv sync", False),
        ("ENV UV_LINK_MODE=copy\n", "RUN uv sync --no-cache", False),
        ("ENV UV_LINK_MODE=copy UV_NO_CACHE=1\n", "RUN uv sync", False),
        ("ENV UV_LINK_MODE=copy\n", "RUN --mount=type=cache,target=/root/.cache uv sync", False),
    ],
)
def test_the_cache_of_uv_counts_where_it_is_copied_from(
    setting: str, step: str, kept: bool
) -> None:
    found = of(f"{UV}{setting}COPY . .\n{step}\n", "one", files=LOCKED)
    assert sizes(found).get("uv's cache") == (1_000_000 if kept else None)


def test_a_tool_that_pip_installs_counts_with_all_that_it_needs() -> None:
    found = of(f'{SLIM}RUN pip install --no-cache-dir "poetry>=2"\n')
    assert sizes(found)["1 distributions"] == 74_200_000
    assert not found.unknown
