"""An image whose command ends is compared by what it leaves: status, output, files."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any, Self

import pytest
from msgspec.structs import replace

from jettison.engines import ContainerState, ImageFacts, ImageID, Stopped
from jettison.engines.limits import Limits
from jettison.processes import Completed
from jettison.progress import SilentProgress
from jettison.verify import Outcome, alone, batch, runs
from jettison.verify import commands as own
from jettison.verify.checks.behaviour import compare_routes, compared
from jettison.verify.inside import commands
from jettison.verify.observation import Conversation, Observation, Setting, Stored, Trial
from jettison.verify.request import VerificationRequest

ASKED = VerificationRequest(image_before="a", image_after="b")
JOB = """\
import json, pathlib, sys
place = pathlib.Path("out"); place.mkdir(exist_ok=True)
(place / "totals.json").write_text(json.dumps({"total": 3}))
(place / "table.csv").write_text("a,b\\n1,2\\n")
print("3 rows")
sys.exit(0)
"""


class Here:
    """A container that is this machine, in a folder of the test's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        """Leave everything as it is."""

    def execute(self, command: tuple[str, ...], *, stdin: bytes = b"", **_: Any) -> Completed:
        words = [sys.executable, *command[1:]]
        done = subprocess.run(
            words, input=stdin, cwd=self._folder, capture_output=True, check=False
        )
        return Completed(
            command=command,
            status=done.returncode,
            stdout=done.stdout,
            stderr=done.stderr,
        )


class Engine:
    """Runs whatever it is given here."""

    limits = Limits()
    command: tuple[str, ...] = (sys.executable, "job.py")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._facts = ImageFacts(
            id=ImageID("sha256:aa"),
            size=1,
            layers=(),
            command=self.command,
            working_directory=str(folder),
        )

    def inspect(self, image: str) -> ImageFacts:
        return self._facts

    def run(self, image: str, options: object) -> Here:
        return Here(self._folder)


def observed(folder: Path, job: str, names: tuple[str, ...] | None = None) -> Observation:
    folder.mkdir()
    (folder / "job.py").write_text(job)
    engine: Any = Engine(folder)
    setting = Setting(
        engine=engine, request=ASKED, image="x", facts=engine.inspect("x"), health_path=""
    )
    return batch.observed(setting, names)


@pytest.fixture(autouse=True)
def _nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(batch, "interior", lambda *_: (None, ""))
    (tmp_path / "left" / "out").mkdir(parents=True)
    monkeypatch.setattr(own, "_ROOT", str(tmp_path / "left"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"total": 3', '"total": 4', "total"),
        ("1,2", "1,3", "table.csv"),
        ("3 rows", "2 rows", "standard output"),
        ("sys.exit(0)", "sys.exit(3)", "exit status"),
        ('(place / "table.csv")', '(place / "other.csv")', "table.csv"),
        ("sys.exit(0)", '(place / "more.csv").touch(); sys.exit(0)', "further files"),
    ],
)
def test_what_a_run_leaves_is_compared(old: str, new: str, said: str, tmp_path: Path) -> None:
    # both stand in the same folder, each in a container of its own
    shared = tmp_path / "app"
    before = observed(shared, JOB)
    shared.rename(tmp_path / "first")
    names = tuple(one.name for one in before.exchanges)
    assert names[:2] == ("exit status", "standard output")
    same = observed(shared, JOB, names)
    assert compared(before, same, ASKED).differences == ()
    shared.rename(tmp_path / "second")
    other = observed(shared, JOB.replace(old, new), names)
    assert said in " ".join(compared(before, other, ASKED).differences)


def test_what_a_run_leaves_elsewhere_is_compared(tmp_path: Path) -> None:
    shared, left = tmp_path / "app", tmp_path / "left"
    job = f"open({str(left / 'out' / 'report.csv')!r}, 'w').write('1')"
    before = observed(shared, job)
    shared.rename(tmp_path / "first")
    names = tuple(one.name for one in before.exchanges)
    other = observed(shared, job.replace("'1'", "'2'"), names)
    assert "report.csv" in " ".join(compared(before, other, ASKED).differences)


TOOL = """\
import argparse, sys
parser = argparse.ArgumentParser()
inner = parser.add_subparsers(dest="command")
book = inner.add_parser("book")
book.add_argument("--strict", action="store_true")
book.add_argument("--order", choices=["up", "down"], default="up")
book.add_argument("--name")
inner.add_parser("list")
given = parser.parse_args()
if given.command == "list":
    print("food, rent")
elif given.strict:
    sys.exit(3)
else:
    print(given.order)
    with open("book.txt", "w") as book:
        book.write("first to last" if given.order == "up" else "last to first")
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sys.exit(3)", "sys.exit(1)", "`python job.py book --strict`"),
        ("food, rent", "food", "`python job.py list`"),
        ("print(given.order)", "print('up')", "`python job.py book --order down`"),
        ("last to first", "last", "book.txt of `python job.py book --order down`"),
    ],
)
def test_what_else_a_program_offers_is_run(
    old: str, new: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "app"
    monkeypatch.setattr(Engine, "command", (sys.executable, "job.py", "book"))
    before = observed(shared, TOOL)
    shared.rename(tmp_path / "first")
    names = tuple(one.name for one in before.exchanges)
    assert [one for one in names if one.startswith("`")] == [
        "`python job.py list`",
        "`python job.py book --strict`",
        "`python job.py book --order up`",
        "`python job.py book --order down`",
        "`python job.py book --name hello`",
    ]
    other = observed(shared, TOOL.replace(old, new), names)
    (found,) = compared(before, other, ASKED).differences
    assert said in found


WEIGHING = """\
import argparse, sys
parser = argparse.ArgumentParser()
inner = parser.add_subparsers(dest="command")
price = inner.add_parser("price")
price.add_argument("grain", choices=["rye", "oats"])
price.add_argument("tons", type=float)
inner.add_parser("read").add_argument("file")
inner.add_parser("weigh")
given = parser.parse_args()
if given.command == "price":
    print(given.grain, given.tons * 2)
elif given.command == "read":
    print(len(open(given.file).read()))
elif given.command == "weigh":
    print(float(sys.stdin.readline()) * 3)
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("given.tons * 2", "given.tons * 4", "`python job.py price rye 3`: body[1]"),
        (
            "len(open",
            "2 * len(open",
            "`python job.py read /tmp/jettison-sample/table.csv`: body[1]",
        ),
        ("* 3)", "* 6)", "`python job.py weigh`: body[1]: '9.75' became '19.5'"),
    ],
)
def test_a_command_is_given_what_it_says_it_lacks_and_lines_to_read(
    old: str, new: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "app"
    monkeypatch.setattr(Engine, "command", (sys.executable, "job.py"))
    before = observed(shared, WEIGHING)
    shared.rename(tmp_path / "first")
    names = tuple(one.name for one in before.exchanges)
    other = observed(shared, WEIGHING.replace(old, new), names)
    assert said in " ".join(compared(before, other, ASKED).differences)


@pytest.mark.parametrize(
    ("words", "said", "better"),
    [
        ("price", "Error: Missing argument 'GRAIN'.", "price hello"),
        ("price", "│ Missing option '--kind'. │", "price --kind hello"),
        ("price hello", "Invalid value for 'N': 'hello' is not a valid integer.", "price 3"),
        ("price hello", "Invalid value: Directory 'hello' does not exist.",
         "price /tmp/jettison-sample"),
        ("price hello", "unknown grain hello; one of oats, rye", "price oats"),
        ("price oats", "no oats are left", None),
    ],
)  # fmt: skip
def test_what_a_command_complains_of_is_put_right(
    words: str, said: str, better: str | None
) -> None:
    found = commands.corrected(words.split(), 2, b"", said.encode())
    assert found == (better and better.split())
    assert commands.corrected(words.split(), 0, b"", said.encode()) is None


def test_what_an_option_takes_is_read_also_from_a_column_of_its_own() -> None:
    said = """
│ --out                        PATH        [default: out]       │
│ --order                      [name|sum]  [default: name]      │
│ --strict      --no-strict                [default: no-strict] │
  --dry-run  Write nothing.
"""
    assert commands.FLAG.findall(said) == ["--strict", "--dry-run"]
    assert commands.CHOSEN.findall(said) == [("--order", "name|sum")]


@pytest.mark.parametrize(("place", "own"), [("app", True), ("site", False)])
def test_a_folder_that_has_the_name_of_a_library_makes_no_command_an_own_one(
    place: str, *, own: bool, tmp_path: Path
) -> None:
    """As migrations lie in a folder ``alembic``, whose commands each write further ones."""
    for folder in ("app/mover", "site/mover-1.0.dist-info", f"{place}/mover"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    distribution = Distribution.at(tmp_path / "site/mover-1.0.dist-info")
    assert commands.is_own(distribution, "mover.cli:main", str(tmp_path / "app")) is own


def test_a_command_that_only_ends_shows_nothing_of_the_application(tmp_path: Path) -> None:
    shared = tmp_path / "app"
    before = replace(observed(shared, "pass"), executed={"/app/app.py": (0, 12)})
    shared.rename(tmp_path / "first")
    same = observed(shared, "pass")
    found = compare_routes(before, same, ASKED)
    assert found.outcome is Outcome.SKIPPED
    assert "executes no line of the application" in found.message
    executed = replace(before, executed={"/app/app.py": (1, 12)})
    assert compare_routes(executed, same, ASKED).outcome is Outcome.SAME
    shared.rename(tmp_path / "second")
    failing = observed(shared, "raise SystemExit(1)")
    assert compare_routes(before, failing, ASKED).outcome is Outcome.DIFFERENT


@pytest.mark.parametrize(
    ("failure", "serves", "port", "command"),
    [
        ("it ended with status 0", True, True, True),
        ("it ended with status 1", True, True, False),
        ("it ended with status 1", False, True, True),
        ("it ended with status 0 after its first response", True, True, False),
        ("it ended with status 0 after its first response", True, False, True),
        ("port 8000 does not respond within 60 seconds", False, False, False),
    ],
)
def test_an_image_that_ends_is_a_command_unless_it_should_serve(
    failure: str, serves: bool, port: bool, command: bool
) -> None:
    assert runs.is_command(failure, serves=serves, port=port) is command


def test_only_names_of_packages_are_taken_from_an_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"liba.so.1": "liba1", "libb.so.1": "libb1\nRUN evil", "libc.so.6": "-o=x"}
    monkeypatch.setattr(alone, "ask", lambda *_: (told, ""))
    engine: Any = Engine(tmp_path)
    assert batch.owners_of(engine, "x", tuple(told)) == {"liba.so.1": "liba1"}


def test_a_command_with_other_code_is_run_until_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = observed(tmp_path / "first", JOB)
    names = tuple(one.name for one in good.exchanges)
    bad = observed(tmp_path / "second", JOB.replace("sys.exit(0)", "sys.exit(4)"), names)
    before, after = (
        replace(good, stored=Stored(application={"job.py": told})) for told in ("1", "2")
    )
    further = iter((good, bad))
    always = {"a": good, "b": bad}
    monkeypatch.setattr(batch, "observed", lambda setting, _: next(further, always[setting.image]))
    engine: Any = Engine(tmp_path / "first")
    trial = Trial(request=ASKED, engine=engine, progress=SilentProgress())
    assert batch.ended_again(trial, Conversation(ends=True), before, before) == (before, before)
    _, seen = batch.ended_again(trial, Conversation(ends=True), before, after)
    assert len(seen.reruns) == len(good.reruns) + 4
    assert "exit status" in compared(before, seen, ASKED).differences[0]


@pytest.mark.parametrize(
    ("slow", "equal"),
    [("ab", True), ("b", False)],
)
def test_a_file_that_is_not_always_there_in_time_is_decided_by_more_runs(
    slow: str, *, equal: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = observed(tmp_path / "first", JOB)
    names = tuple(one.name for one in there.exchanges)
    late = observed(tmp_path / "second", JOB.replace("table.csv", "x.csv"), names)
    late = replace(late, exchanges=late.exchanges[: len(names)])
    half = replace(there, reruns=(late.exchanges,))
    monkeypatch.setattr(
        batch, "observed", lambda setting, _: half if setting.image in slow else there
    )
    engine: Any = Engine(tmp_path / "first")
    trial = Trial(request=ASKED, engine=engine, progress=SilentProgress())
    before, after = batch.ended_again(trial, Conversation(ends=True), there, half)
    assert (compared(before, after, ASKED).differences == ()) is equal


@pytest.mark.parametrize(("ended", "told"), [(True, 0), (False, 3)])
def test_a_command_is_stopped_where_it_still_runs_when_it_has_written(
    tmp_path: Path, *, ended: bool, told: int
) -> None:
    class Working(Here):
        status = 0

        def streams(self) -> tuple[str, str]:
            return ("apples 3", "")

        def state(self) -> ContainerState:
            return ContainerState(running=not ended, exit_status=0)

        def stop(self, *, grace: float) -> Stopped:
            return Stopped(exit_status=self.status, seconds=0.1, killed=grace < 0)

    class Both(Engine):
        def run(self, image: str, options: object) -> Here:
            found = Working(tmp_path)
            found.status = 75 if image == ASKED.image_before else 0
            return found

    engine: Any = Both(tmp_path)
    trial = Trial(request=ASKED, engine=engine, progress=SilentProgress())
    seen = Observation(facts=engine.inspect("x"))
    before, after = batch.stopped_both(trial, seen, seen)
    assert [one.exit_status for one in before.stops] == [75] * told
    assert [one.exit_status for one in after.stops] == [0] * told
