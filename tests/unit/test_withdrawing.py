"""What makes a difference, cannot be built or makes an image larger is left out; the rest stays."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from jettison.contents import Installed, Trace
from jettison.contents.measurement import ImageMeasurement
from jettison.contents.reach import Observed, Reach
from jettison.contents.system import System
from jettison.engines import BuildRequest
from jettison.errors import BuildError
from jettison.plan import Plan
from jettison.progress import Progress, SilentProgress
from jettison.report import WIDTH, rendered
from jettison.report.result_text import Result
from jettison.tasks import observing, optimizing, withdrawing
from jettison.tasks.loading import planned
from jettison.tasks.staging import Workshop
from jettison.values import Basis, Size
from jettison.verify import CheckResult, Outcome, Subject, Verdict
from jettison.verify.request import VerificationRequest

FILES = {
    "Dockerfile": "FROM python:3.13-slim\nWORKDIR /app\nCOPY requirements.txt .\n"
    'RUN pip install -r requirements.txt\nCOPY . .\nCMD ["uvicorn", "main:app"]\n',
    "requirements.txt": "uvicorn\n",
    "main.py": "import uvicorn\n",
    "pages/.gitignore": "*\n",
    ".gitignore": ".env\n",
}
SUBJECT = Subject(image="", startup_seconds=None, memory=None)


class Texts:
    """An engine whose images are the texts that they are built from."""

    name = "fake"

    def __init__(self, refused: str = "") -> None:
        self.refused = refused

    def build(self, request: BuildRequest, progress: Progress) -> str:
        text = request.dockerfile.read_text()
        if self.refused and self.refused in text:
            raise BuildError("the build failed", why=f"{self.refused}: no")
        ignore = request.context / ".dockerignore"
        again = AGAIN if request.no_cache else ""
        return text + (ignore.read_text() if ignore.exists() else "") + again


def measured(image: str, _engine: object) -> ImageMeasurement:
    size = Size(
        bytes=100_000_000 + 9_000_000 * ("compileall" in image), basis=Basis.MEASURED, source=""
    )
    return ImageMeasurement(
        id=image, size=size, compressed_size=size, layers=(), files=0,
        setuid_files=(), distributions=(), debian_packages=(), user="", python_version="",
    )  # fmt: skip


ALWAYS = "always"
AGAIN = "\n# again\n"
WATCHED = Observed(
    installed=Installed(
        site="", library="", files={}, owners={}, entry_points=(), sources={}, words={},
        application={},
    ),
    trace=Trace(served=frozenset(), method="a test"),
    reach=Reach(modules={}, unsure=frozenset()),
)  # fmt: skip


def seen_of(plan: Plan, seen: Observed | None, *_: object) -> Plan:
    return replace(plan, observed=seen)


def read_of(reads: bool, image: str) -> Observed | None:
    return replace(WATCHED, python=image) if reads else None


def linked_of(image: str) -> Observed:
    """What was built from source is linked to a library of the system."""
    library = {"/usr/lib/libexpat.so.1": ()} if "libexpat1" in image else {}
    system = System(
        files={}, links={}, libraries={"/opt/venv/bin/uwsgi": ("libexpat.so.1",), **library},
        packages={}, environment={},
    )  # fmt: skip
    site = "/opt/venv/lib/python3.13/site-packages"
    return replace(WATCHED, installed=replace(WATCHED.installed, site=site), system=system)


@pytest.fixture
def result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Optimize; an image with one of ``broken`` in its text answers differently, by ``line``."""

    def run(
        *broken: str,
        line: str = "GET /: 200, then 500",
        refused: str = "",
        level: int = 2,
        once: bool = False,
        again: str = "",
        reads: bool = False,
        linked: bool = False,
    ) -> Result:
        for path, text in FILES.items():
            place = tmp_path / "project" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)

        compared: list[str] = []

        def compare(request: VerificationRequest, *_: object) -> Verdict:
            compared.append(request.image_after)
            before, after = request.image_before, request.image_after
            different = any(one in after and one not in before for one in broken)
            different = (different or ALWAYS in broken) and not (once and len(compared) > 1)
            outcome = Outcome.DIFFERENT if different else Outcome.SAME
            details = (line,) if different else ()
            if request.image_after.endswith(AGAIN):
                outcome = Outcome.DIFFERENT if again else Outcome.SAME
                details = (again,)
            # what is told besides is another thing each time, and no difference
            notes = (f"only the kind is compared: {chr(96 + len(compared))}",)
            check = CheckResult(
                name="routes", outcome=outcome, message="", details=details, notes=notes
            )
            return Verdict(engine="", before=SUBJECT, after=SUBJECT, checks=(check,))

        monkeypatch.setattr(optimizing, "compare", compare)
        monkeypatch.setattr(optimizing, "measure", measured)
        monkeypatch.setattr(observing, "compare", compare)
        monkeypatch.setattr(observing, "prefetch", lambda *_: None)
        monkeypatch.setattr(observing, "read_image_files", lambda _, image: image)
        monkeypatch.setattr(observing, "as_observed", partial(read_of, reads))
        if linked:
            owners = {"libexpat.so.1": "libexpat1"}
            monkeypatch.setattr(observing, "owners_of", lambda *_: owners)
            monkeypatch.setattr(observing, "as_observed", linked_of)
        monkeypatch.setattr(observing, "with_observed", seen_of)
        monkeypatch.setattr(observing, "observed", lambda *_: WATCHED)
        found = planned(tmp_path / "project", offline=True, cache=tmp_path / "cache", level=level)
        shop = Workshop(root=tmp_path / "project", engine=Texts(refused), progress=SilentProgress())
        return optimizing.optimize(shop, found.start, found.plan, ablation=False)

    return run


def withdrawn(result: Result) -> list[str]:
    return [one.rule for one in result.plan.findings if "not applied" in one.message]


def test_nothing_is_left_out_where_answers_are_the_same(result) -> None:
    found = result()
    assert found.verdict.equivalent
    assert "USER " in found.after.id


def test_a_file_that_is_asked_for_stays_in_the_context(result) -> None:
    found = result("**/.gitignore\n\n", line="GET /pages/.gitignore: 200, then 404")
    assert found.verdict.equivalent
    assert "!pages/.gitignore" in found.after.id
    assert "USER " in found.after.id


def test_what_was_left_out_for_a_difference_that_stays_is_applied_again(result) -> None:
    found = result("USER ", line="GET /pages/.gitignore: 200, then 404")
    assert found.verdict.equivalent
    assert "!pages/.gitignore" not in found.after.id
    assert "non-root-user" in withdrawn(found)


def test_a_rule_that_nothing_names_is_found(result) -> None:
    found = result("USER ")
    assert found.verdict.equivalent
    assert "non-root-user" in withdrawn(found)
    assert "**/.git\n" in found.after.id


def test_where_finding_the_rule_takes_long_all_that_are_left_are_withdrawn(
    result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(withdrawing, "_MOST", 4)
    found = result("USER ")
    assert found.verdict.equivalent
    assert {"build-stage", "non-root-user"} <= {*withdrawn(found)}
    (said, *_) = [one.message for one in found.plan.findings if one.rule == "non-root-user"]
    assert "more are withdrawn with it, as 5 tries took 0 s, and finding the one takes" in said


def test_where_every_comparison_takes_long_no_rule_is_withdrawn_that_makes_no_difference(
    result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(withdrawing, "_MOST", 0)
    found = result(ALWAYS)
    assert not found.verdict.equivalent
    assert withdrawn(found) == ["compiled-bytecode"]


def test_where_builds_take_long_all_rules_that_are_left_are_withdrawn(
    result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(withdrawing, "_MOST", 1)
    found = result(refused="LABEL ")
    assert "image-labels" in withdrawn(found)
    assert len(withdrawn(found)) > 1


def test_a_difference_that_does_not_come_again_takes_no_rule_out(result) -> None:
    found = result("USER ", once=True)
    assert found.verdict.equivalent
    assert "non-root-user" not in withdrawn(found)
    assert [one.reason for one in found.plan.learned if one.what == "routes"] == [
        "differed in one of 3 comparisons of the same images: "
    ]


def test_a_rule_whose_changes_cannot_be_built_is_left_out(result) -> None:
    found = result(refused="LABEL ")
    assert "image-labels" in withdrawn(found)
    assert "USER " in found.after.id


def test_an_image_does_not_grow(result) -> None:
    found = result()
    assert found.after.size.bytes <= found.before.size.bytes


@pytest.mark.parametrize("how", [["USER "], []])
def test_what_the_trace_told_is_kept_where_one_rule_explains_the_difference(result, how) -> None:
    found = result(*how, level=3, refused="" if how else "USER ")
    assert found.verdict.equivalent
    assert "non-root-user" in withdrawn(found)
    assert found.plan.observed is WATCHED
    assert "the trace" not in [one.what for one in found.plan.skipped]


def test_two_rules_that_nothing_names_are_found_and_no_other_is_withdrawn(result) -> None:
    found = result("USER ", "PYTHONUNBUFFERED", reads=True)
    assert found.verdict.equivalent
    assert withdrawn(found) == ["non-root-user", "python-environment", "compiled-bytecode"]


@pytest.mark.parametrize("level", [2, 3])
def test_the_baseline_is_read_where_its_environment_stays_in_place(result, level) -> None:
    found = result("AS build", reads=True, level=level)
    assert found.verdict.equivalent
    assert "build-stage" in withdrawn(found)
    assert found.plan.observed.python == FILES["Dockerfile"]


def test_without_its_own_environment_an_image_is_read_anew_for_a_try(result, monkeypatch) -> None:
    tried: list[tuple[bool, str]] = []

    def planned_again(*given: object) -> tuple[Plan, Plan]:
        start, plan = observing.planned_again(*given)
        tried.append(("AS build" in plan.project.dockerfile.text, plan.observed.python))
        return start, plan

    monkeypatch.setattr(optimizing, "planned_again", planned_again)
    assert withdrawn(result("USER ", reads=True)) == ["non-root-user", "compiled-bytecode"]
    assert {apart for apart, _ in tried} == {True, False}
    assert all(("AS build" in image) is apart for apart, image in tried)


def test_what_makes_an_image_larger_is_in_the_one_that_is_read(result) -> None:
    found = result(level=2, reads=True)
    assert "compileall" in found.plan.observed.python


def test_a_library_that_the_environment_is_linked_to_is_installed(result) -> None:
    found = result(linked=True)
    assert found.verdict.equivalent
    assert "libexpat1" in found.plan.project.dockerfile.text


def test_no_rule_is_blamed_where_images_differ_without_any(result) -> None:
    found = result(ALWAYS)
    assert not found.verdict.equivalent
    assert withdrawn(found) == ["compiled-bytecode"]


@pytest.mark.parametrize(
    ("line", "again"),
    [
        ("GET /: body: build 0a17 became 22", "GET /: body: build 3 became 4f"),
        ("GET /: '…ll@7.v3m1796051052.js' became '…ll@7.v3m1796051085.js'",
         "GET /: '…ll@7.v3m1796051052.js' became '…ll@7.v3m1796051099.js'"),
        ("GET /: '…@7.v3m1796051052.js' became '…@7.v3m1796051085.js'",
         "GET /: '…0_1.vill@7.v3m1796051052.js' became '…0_1.vill@7.v3m1796060001.js'"),
        ("migrations/versions/c873fcebee76_.py was added",
         "migrations/versions/0b1f22a9d3e7_.py was added"),
        ("GET /: '<b>salt</b> zse5iP**' became '<b>salt</b> 5kVJlm**'",
         "GET /: '<b>salt</b> zse5iP**' became '<b>salt</b> zQ0XlP**'"),
    ],
)  # fmt: skip
def test_what_two_builds_of_the_baseline_differ_in_is_no_difference(result, line, again) -> None:
    found = result(ALWAYS, line=line, again=again)
    assert found.verdict.equivalent
    assert withdrawn(found) == ["compiled-bytecode"]
    said = "two builds of the baseline differ in the same way: "
    assert [check.message for check in found.verdict.checks] == [said]


@pytest.mark.parametrize(
    ("line", "again"),
    [
        ("GET /: body: build 17 became gone", "GET /: body: build 3 became 4"),
        ("GET /: 'salt zse5iP**' became 'salt **'",
         "GET /: 'salt zse5iP**' became 'salt 5kVJlm**'"),
        ("GET /: 'salt zse5iP**' became 'oops 500 **'",
         "GET /: 'salt zse5iP**' became 'salt 5kVJlm**'"),
    ],
)  # fmt: skip
def test_two_builds_excuse_nothing_else(result, line, again) -> None:
    found = result(ALWAYS, line=line, again=again)
    assert not found.verdict.equivalent


def test_the_report_fits_a_screen_and_has_the_rest_on_demand(result) -> None:
    found = result()
    short = rendered("result", "text", found, where="no files written").splitlines()
    assert short[0] == "Verdict: equivalent (1 check)"
    assert short[-1] == "no files written"
    assert len(short) < 24
    assert max(map(len, short)) <= WIDTH
    assert not [line for line in short if line.startswith("Findings")]
    whole = rendered("result", "text", found, where="", verbose=True).splitlines()
    assert whole.count("Findings") == 1
    assert "check   result  what was compared" in whole
    assert max(map(len, whole)) <= WIDTH
