"""Files that would cost without end, or that nobody writes, end in a plan or in a clear error."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from jettison.__main__ import run

DOCKERFILE = (
    "FROM python:3.11-slim\nWORKDIR /app\nCOPY requirements.txt .\n"
    'RUN pip install -r requirements.txt\nCOPY . .\nCMD ["python", "main.py"]\n'
)
# Of processor time, which other work on this machine does not lengthen much.
MOST_SECONDS = 30
COMPOSE = "services:\n  web:\n    build: .\n"


def before_cmd(lines: str) -> dict[str, str]:
    return {"Dockerfile": DOCKERFILE.replace("CMD", f"{lines}\nCMD")}


def compose(text: str) -> dict[str, str]:
    return {"compose.yml": text}


def doubled(line: str, count: int) -> str:
    return "".join(line.format(i=i, before=i - 1) for i in range(1, count + 1))


REFUSED = {
    "ENV that multiplies": (
        before_cmd("ENV A0=1234567890\n" + doubled("ENV A{i}=" + "$A{before}" * 8 + "\n", 10)),
        "$A5$A5 grows",
    ),
    "ARG that doubles": (
        {"Dockerfile": "ARG A0=1234567890\n"
         + doubled("ARG A{i}=$A{before}$A{before}\n", 60) + DOCKERFILE},
        "grows to more than 1 MB",
    ),
    "a value put at each place of itself": (
        before_cmd(f"ENV A={'x' * 10}\n" + "ENV A=${A//x/$A}\n" * 8), "${A//x/$A} grows",
    ),
    "a pattern with many stars": (
        before_cmd(f"ARG A={'a' * 300}\nENV B=${{A##{'*a' * 12}b}}\n"), "too many stars",
    ),
    "merges that multiply": (
        compose("x0: &a0 {k: v}\n"
                + doubled("x{i}: &a{i}\n  <<: [" + "*a{before}, " * 4 + "]\n", 12)
                + COMPOSE + "    <<: *a12\n"),
        "more than 50,000 values, aliases counted",
    ),
    "alias within itself": (compose("services:\n  web: &w\n    <<: *w\n    build: .\n"),
                            "the file has an alias that leads back to itself"),
    "deep YAML": (compose(COMPOSE + "    command: " + "[" * 3000 + "]" * 3000),
                  "nested too deeply"),
    "YAML so deep that its parser ends the process": (
        compose("services: " + "[" * 30_000), "nested too deeply",
    ),
    "YAML of blocks so deep": (compose("services:\n  " + "- " * 30_000), "nested too deeply"),
    "deep TOML": ({"jettison.toml": "a = " + "[" * 5000 + "]" * 5000}, "nested too deeply"),
    "groups in a row": (
        {"Dockerfile": DOCKERFILE.replace("-r requirements.txt", "."),
         "pyproject.toml": "[project]\nname='a'\n[dependency-groups]\n"
         + doubled("g{i} = [{{include-group='g{before}'}}]\n", 3000)},
        "include others more than 10,000 times",
    ),
    "a key of thousands of parts": ({"jettison.toml": "a." * 20_000 + "b = 1"},
                                   "nested too deeply"),
    "keys of a hundred parts": (
        {"jettison.toml": doubled("a." * 100 + "k{i} = 1\n", 3000)}, "nested too deeply",
    ),
    "stars without end": ({".dockerignore": "a*" * 2000 + "b\n"}, "has more than 100 stars"),
    "patterns without end": ({".dockerignore": "a\n" * 5001}, "more than 5,000 patterns"),
    "deep marker": ({"requirements.txt": f"six; {'(' * 3000}os_name=='a'{')' * 3000}\n"},
                    "requirements.txt:1"),
    "deep reference": (compose(COMPOSE + f"    user: {'${A:-' * 3000}{'}' * 3000}\n"),
                       "too deeply"),
    "chained triggers": (before_cmd("ONBUILD " * 3000 + "RUN x"), "ONBUILD cannot be"),
    "services in a row": (
        compose("services:\n" + doubled("  s{before}:\n    extends: s{i}\n", 90)
                + "  s90:\n    build: .\n"),
        "extends more than 50",
    ),
    "services without end": (
        compose("services:\n" + doubled("  s{i}:\n    build: .\n", 3000)), "has 3000 services",
    ),
    "digits without end": ({"jettison.toml": "a = " + "9" * 5000}, "jettison.toml"),
    "a release without end": (
        {"requirements.txt": "six==" + "9" * 5000 + "\n"}, "thousands of digits",
    ),
    "a document whose name does not end": (
        before_cmd('COPY <<"a b" /x/\n1\na b\n'), '<<"a cannot be expanded',
    ),
    "nothing to copy": (before_cmd("COPY []"), "COPY needs a source and a destination"),
    "lists in a row": (
        {"requirements.txt": "-r r0.txt\n", "r300.txt": "six\n",
         **{f"r{i}.txt": f"-r r{i + 1}.txt\n" for i in range(300)}},
        "includes more than 200 files",
    ),
    "instructions without end": (before_cmd("RUN true\n" * 5001), "more than 5,000 instructions"),
    "requirements without end, in more than 2 MB": (
        {"requirements.txt": doubled("p{i}==1 --hash=sha256:" + "0" * 256 + "\n", 10_100)},
        "more than 10,000 requirements",
    ),
}  # fmt: skip

PLANNED = {
    "settings with thousands of values": {
        "jettison.toml": "keep = [" + "".join(f"'a{number}', " for number in range(9000)) + "]\n",
    },
    "a script that is piped without end": {"start.sh": "#!/bin/sh\n" + "a%d | " * 30_000},
    "blank lines without end": {"start.sh": "#!/bin/sh\n" + " \t\n" * 30_000},
    "a makefile whose variables multiply": {
        "Makefile": "A=" + "$(B)" * 240 + "\nB=" + "x" * 990 + "\nrun:\n" + "\techo $(A)\n" * 2000,
    },
    "a name with thousands of parts": {"data.py": "import " + ".".join(["a"] * 20_000)},
    "a generated module": {"data.py": "import six\n" * 100_000},
    "environment file that doubles": {
        "compose.yml": COMPOSE,
        ".env": "A0=1234567890\n" + doubled("A{i}=$A{before}$A{before}\n", 40),
    },
    "a thousand commands": before_cmd("RUN " + " && ".join(f"echo {i}" for i in range(1000))),
    "deep substitutions": before_cmd("RUN " + "$(" * 1500 + "git" + ")" * 1500),
    "deep subshells": before_cmd("RUN " + "( " * 1500 + "git" + " )" * 1500),
    "thousands of mounts": compose(
        COMPOSE + "    volumes:\n" + doubled("      - v{i}:/data/{i}\n      - .:/app\n", 2000)
    ),
    "many services": compose("services:\n" + doubled("  s{i}:\n    build: .\n", 30)),
    "thousands of installations in one step": before_cmd(
        "RUN apt-get update" + doubled(" && apt-get install -y p{i}", 2000)
    ),
    "a thousand stages beside one another": {
        "Dockerfile": doubled("FROM python:3.11-slim AS s{i}\nCOPY . .\n", 1000)
        + DOCKERFILE.replace("CMD", "COPY --from=s999 /app /app\nCMD"),
    },
    "a long document": before_cmd("RUN <<EOF\n" + "echo\n" * 3000 + "EOF"),
    "a document of installations": before_cmd("RUN <<EOF\n" + "pip install six\n" * 3000 + "EOF"),
    "patterns as people write them": before_cmd(
        "ARG URL=https://example.org/a/b-1.2.tar.gz\nENV F=${URL##*/} N=${F%.*} V=${URL//./_}\n"
    ),
    "a command that is given thousands of times": before_cmd("CMD x\n" * 4000),
    "many continuations": before_cmd("RUN echo \\\n" + " x \\\n" * 8000 + " y"),
    "many comments": before_cmd("# x\n" * 3000),
    "many stages": {
        "Dockerfile": "FROM python:3.11-slim AS s0\n"
        + doubled("FROM s{before} AS s{i}\nENV A{i}=1\n", 100)
        + DOCKERFILE.replace("python:3.11-slim", "s100"),
    },
    "a chain of hundreds of stages": {
        "Dockerfile": "FROM python:3.11-slim AS s0\n"
        + doubled("FROM s{before} AS s{i}\nRUN pip install six\n", 400)
        + DOCKERFILE.replace("python:3.11-slim", "s400"),
    },
    "hundreds of arguments before the first stage": {
        "Dockerfile": doubled("ARG A{i}=${{A{before}:-x}}\n", 1000) + DOCKERFILE,
    },
    "a file that is copied to hundreds of places": before_cmd(
        doubled("COPY main.py /app/copy{i}/\n", 600)
    ),
    "services in braces": compose("{services: {web: {build: ., restart: always}, db: {image: x}}}"),
    "stages that copy from all before them": {
        "Dockerfile": "".join(
            f"FROM python:3.11-slim AS s{i}\n" + "".join(
                f"COPY --from=s{j} /a /b\n" for j in range(i)) for i in range(25)
        ) + DOCKERFILE.replace("COPY .", "COPY --from=s24 /b /c\nCOPY ."),
    },
    "a list with a long line": {"requirements.txt": "six" + " \\\n" * 8000 + "==1.16.0\n"},
    "a list of thousands": {
        "requirements.txt": "".join(f"p{number}==1\n" for number in range(4000)) + "six\n" * 4000,
    },
    "sums that double": {
        "Dockerfile": DOCKERFILE.replace("RUN pip install -r requirements.txt\nCOPY . .",
                                         "COPY . .\nRUN pip install ."),
        "setup.py": "from setuptools import setup\na0 = ['six']\n"
        + doubled("a{i} = a{before} + a{before}\n", 40) + "setup(install_requires=a40)\n"
        + "def f(): pass\n" * 20_000,
    },
    "an archive at an address that is none": before_cmd("ADD http://[ /x"),
    "digits that are no number": before_cmd("EXPOSE ²\nUSER ²\nHEALTHCHECK --retries=3 CMD ²"),
    "a list that includes itself": {"requirements.txt": "-r requirements.txt\nsix\n"},
    "values of other shapes than they have": {
        "pyproject.toml": "[project]\nname='a'\nscripts=7\n[tool.setuptools]\npackages=7\n"
    },
    "tools that are none": {"pyproject.toml": "tool = 7\nproject = 7\n"},
    "a file of variables that is named thousands of times": {
        "compose.yml": f"{COMPOSE}    env_file: [{', '.join(['e.env'] * 3000)}]\n",
        "e.env": "A=1\n" * 1000,
    },
    "patterns with many stars": {".dockerignore": "*a" * 30 + "\n" + "**/" * 40 + "x\n",
                                 "a" * 100 + "b": ""},
    "releases without end that are excluded": {
        "requirements.txt": "six" + ",".join(f"!={i}.{i}" for i in range(5000)) + "\n",
    },
    "a word without end": before_cmd(f"RUN echo {'a' * 1_000_000} {'a/' * 200_000}"),
    "a version without end": {
        "Dockerfile": DOCKERFILE.replace("3.11", "3." + "9" * 3000),
    },
    "thousands of copies between stages": {
        "Dockerfile": "".join(
            f"FROM python:3.11-slim AS s{i}\n" + "".join(
                f"COPY --from=s{j} /a /b{j}\n" for j in range(max(0, i - 20), i)
            ) for i in range(200)
        ) + DOCKERFILE.replace("python:3.11-slim", "s199"),
    },
    "half of a surrogate pair": {"Dockerfile": DOCKERFILE.replace('main.py"]', 'main\\ud800.py"]')},
    "names that are no text": {"caf\udce9.txt": "", "d\udcff/m.py": "import os\n", "a\nb.py": ""},
}  # fmt: skip


def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str]) -> int:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    own = {"Dockerfile": DOCKERFILE, "requirements.txt": "six==1.16.0\n", "main.py": "import six\n"}
    for name, text in (own | dict(files)).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return run(["plan", str(folder), "--offline"])


@pytest.mark.parametrize("build", ['"a\\0b"', '{context: ., dockerfile: "a\\0b"}'])
def test_a_null_character_in_a_path_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], build: str
) -> None:
    files = compose(f"services:\n  web:\n    build: {build}\n")
    assert plan(tmp_path, monkeypatch, files) == 5
    assert "has a null character" in capsys.readouterr().err


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_cost_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    files, said = REFUSED[name]
    status = plan(tmp_path, monkeypatch, files)
    written = capsys.readouterr()
    if "compose.yml" in files:  # the Dockerfile beside it is planned without it
        assert status == 0
        assert said in " ".join(written.out.split())
        return
    assert status in {3, 5}
    assert said in written.err
    assert "hint: " in written.err
    assert written.out == ""


@pytest.mark.parametrize("name", PLANNED)
def test_what_is_only_long_is_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    begun = time.process_time()
    assert plan(tmp_path, monkeypatch, PLANNED[name]) == 0
    assert time.process_time() - begun < MOST_SECONDS


def test_many_files_take_no_more_each_than_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = []
    assert plan(tmp_path, monkeypatch, {}) == 0  # what is read once, and then known
    for folders in range(0, 101, 25):
        for number in range(max(0, folders - 25), folders):
            (folder := tmp_path / f"project/data/part{number}").mkdir(parents=True)
            for other in range(100):
                (folder / f"{other}.{'txt' if other % 4 else 'json'}").write_bytes(b"{}")
        begun = time.process_time()
        assert plan(tmp_path, monkeypatch, {}) == 0
        seconds.append(time.process_time() - begun)
    # at worst each file looks at all: the last 2,500 would take seven times what the first do
    assert seconds[-1] - seconds[-2] < 3 * (seconds[1] - seconds[0]) + 0.5


CLEAR = "\x1b[2J\x1b]0;title\x07"
LOUD = {
    "a stage": before_cmd(f"COPY --from={CLEAR} /a /b"),
    "an instruction": before_cmd(f"{CLEAR} x"),
    "a base": {"Dockerfile": DOCKERFILE.replace("python:3.11-slim", f"python{CLEAR}:3.11")},
    "a requirement": {"requirements.txt": f"six{CLEAR}=\n"},
    "an unused requirement": {"requirements.txt": f"six\n./{CLEAR}\n"},
    "a key of the settings": {"jettison.toml": '"a\\u001b[2J" = 1\n'},
    "a service": compose(f'services:\n  "\\e[2J{"a" * 9}":\n    build: [1]\n'),
    "a command": before_cmd(f"RUN {CLEAR}"),
    "a file name": {f"{CLEAR}.py": "def broken(:\n", f"d{CLEAR}/x.bin": "x" * 300_000},
}  # fmt: skip


@pytest.mark.parametrize("name", LOUD)
def test_no_text_of_a_project_moves_the_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    plan(tmp_path, monkeypatch, LOUD[name])
    written = capsys.readouterr()
    assert not set(written.out + written.err) & {"\x1b", "\x07", "\x9b"}
