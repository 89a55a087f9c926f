"""What the gate writes for other programs is valid, ordered, bounded, and the same each time."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import gate_page
import pytest
from checkouts import Checkout
from jsonschema import Draft4Validator
from msgspec.structs import replace

from jettison.assessment import Amount, Figures, OwnedBytes, caused
from jettison.assessment.judging import CheckedImage, Gate
from jettison.contents.stored_files import OwnerKind
from jettison.formats.budgets import Budget, limit_of
from jettison.report import rendered
from jettison.rules import RULES
from jettison.values import Basis, Origin
from jettison.verify import CheckResult, Subject, Verdict
from jettison.verify import Outcome as Found

SCHEMA = Path(__file__).parent / "schemas" / "sarif-2.1.0-rtm.5.json"
MEGABYTE = 1_000_000
HOSTILE = "evil|<script>`@team`\n::error::[x](y)%0A"


def figures(sizes: dict[str, int], image: str = "Dockerfile") -> Figures:
    owners = tuple(
        OwnedBytes(
            kind=OwnerKind.DISTRIBUTION,
            name=name,
            bytes=size,
            version="1.0",
            requirement=name,
            origin=Origin(file="requirements.txt", line=number),
        )
        for number, (name, size) in enumerate(sizes.items(), start=1)
    )
    total = Amount.exactly(sum(sizes.values()))
    return Figures(image=image, basis=Basis.ESTIMATED, amounts={Budget.SIZE: total}, owners=owners)


def checked(
    before: dict[str, int], after: dict[str, int], image: str = "Dockerfile", **more: Verdict
) -> CheckedImage:
    written = {Budget.SIZE: "10 MB", Budget.GROWTH: "5 %", Budget.MEMORY: "100 MB"}
    budgets = {
        budget: limit_of(budget, text, Origin(file="jettison.toml", line=line))
        for line, (budget, text) in enumerate(written.items(), start=2)
    }
    return CheckedImage(
        figures=figures(after, image), budgets=budgets, baseline=figures(before, image), **more
    )


def gate(count: int = 1, *, owners: int = 40, folder: str = "") -> Gate:
    after = {f"pkg-{number}": (number + 1) * MEGABYTE for number in range(owners)}
    images = (checked({"web": MEGABYTE}, after, f"Dockerfile.{one}") for one in range(count))
    return Gate(images=tuple(images), folder=folder)


def sarif(found: Gate) -> dict:
    return json.loads(rendered("check", "sarif", found))


def test_sarif_is_valid_and_documents_its_rules() -> None:
    document = sarif(gate(folder="services/api"))
    Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(document)
    (run,) = document["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert {"budget-size", "budget-growth", "growth"} == rules.keys()
    assert "jettison check --update" in rules["budget-size"]["help"]["text"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert place == {"uri": "services/api/requirements.txt", "uriBaseId": "%SRCROOT%"}


def test_sarif_takes_help_from_the_rules_pages(lean: Checkout) -> None:
    document = json.loads(lean.check("--format", "sarif").out)
    Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(document)
    told = {rule["id"]: rule for rule in document["runs"][0]["tool"]["driver"]["rules"]}
    known = {rule.name: rule for rule in RULES}
    assert "build-stage" in told
    assert all(rule["help"]["markdown"].strip() == known[name].documentation.strip()
               for name, rule in told.items())  # fmt: skip


def prints(lean: Checkout, form: str, *arguments: str) -> list[str]:
    document = json.loads(lean.check("--format", form, *arguments).out)
    if form == "gitlab":
        return [one["fingerprint"] for one in document]
    return [one["partialFingerprints"]["jettison/v1"] for one in document["runs"][0]["results"]]


@pytest.mark.parametrize("form", ["sarif", "gitlab"])
def test_fingerprints_survive_a_second_run_and_moved_lines(lean: Checkout, form: str) -> None:
    lean.write("requirements.txt", "flask==3.1.0\ngunicorn==23.0.0\npandas==2.2.3\n")
    baseline = ("--baseline-file", str(lean.folder / ".jettison" / "baseline.json"))
    first = prints(lean, form, *baseline)
    assert len(first) == len(set(first)) > 5
    assert prints(lean, form, *baseline) == first
    for name in ("requirements.txt", "Dockerfile"):
        lean.write(name, "#\n" * 10 + (lean.folder / name).read_text(encoding="utf-8"))
    assert prints(lean, form, *baseline) == first


def test_code_quality_has_what_gitlab_reads() -> None:
    document = json.loads(rendered("check", "gitlab", gate(folder="api")))
    severities = [one["severity"] for one in document]
    assert severities == sorted(severities, key=["critical", "minor", "info"].index)
    for one in document:
        assert one.keys() == {
            "description", "check_name", "fingerprint", "severity", "location"
        }  # fmt: skip
        assert one["location"]["path"] == "api/requirements.txt"
        assert one["location"]["lines"]["begin"] >= 1


def test_annotations_are_ten_and_the_worst_come_first() -> None:
    lines = rendered("check", "github", gate(owners=40)).splitlines()
    assert len(lines) == 10
    assert lines[0].startswith(
        "::error file=requirements.txt,line=40,title=jettison budget-size::size is 820 MB"
    )
    assert [line.split(" ")[0] for line in lines] == ["::error"] * 2 + ["::warning"] * 8
    assert "pkg-38 1.0 adds 39 MB" in lines[2]


def test_names_cannot_write_commands_of_their_own() -> None:
    after = {HOSTILE: 50 * MEGABYTE}
    found = Gate(images=(checked({"web": MEGABYTE}, after),))
    annotations = rendered("check", "github", found)
    assert all(
        line.startswith("::error file=requirements.txt") for line in annotations.splitlines()
    )
    markdown = rendered("check", "markdown", found)
    assert "<script>" not in markdown
    assert "@team" not in markdown
    assert all(len(re.findall(r"(?<!\\)\|", line)) in (5, 6)
               for line in markdown.splitlines() if line.startswith("|"))  # fmt: skip
    ET.fromstring(rendered("check", "junit", found))


def test_markdown_says_why_and_stays_below_what_a_comment_takes() -> None:
    text = rendered("check", "markdown", gate())
    assert "### Jettison: over budget, +819 MB" in text
    assert text.index("pkg-39") < text.index("pkg-38")
    assert "| +40 MB | pkg-39 | 1.0 | `requirements.txt:40` |" in text
    many = rendered("check", "markdown", gate(100))
    assert len(many.encode()) < 64_000
    assert many.count("<details open>") == many.count("</details>")
    assert "more images: see the JSON report" in many


def test_the_page_shows_what_the_command_writes(tmp_path: Path) -> None:
    assert gate_page.page(tmp_path) == gate_page.PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("left", [-10, 0])
def test_removing_fewer_files_is_growth(left: int) -> None:
    removed = "files removed from the environment"
    before, after = {"a": 80 * MEGABYTE, removed: -40 * MEGABYTE}, {"a": 80 * MEGABYTE}
    after |= {removed: left * MEGABYTE} if left else {}
    (growth,) = checked(before, after).growth
    assert caused(growth) == f"fewer {removed} adds {40 + left} MB"


def test_a_prediction_is_not_compared_with_a_measurement() -> None:
    image = checked({"a": MEGABYTE}, {"a": 5 * MEGABYTE})
    measured = replace(image.figures, basis=Basis.MEASURED)
    mixed = Gate(images=(replace(image, figures=measured),))
    assert not mixed.over
    assert "growth is not judged" in rendered("check", "text", mixed)
    assert "grew by" not in rendered("check", "markdown", mixed)


def test_junit_has_the_budgets_and_the_checks_of_a_verdict() -> None:
    checks = (
        CheckResult(
            name="routes", outcome=Found.DIFFERENT, message="1 of 3 differs", details=("/",)
        ),
        CheckResult(name="start", outcome=Found.SAME, message="both start"),
        CheckResult(name="workers", outcome=Found.SKIPPED, message="there are none"),
    )
    subject = Subject(image="x", startup_seconds=None, memory=None)
    verdict = Verdict(engine="docker", before=subject, after=subject, checks=checks)
    found = Gate(images=(checked({"a": 1}, {"a": 20 * MEGABYTE}, verdict=verdict),))
    root = ET.fromstring(rendered("check", "junit", found))
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("6", "3", "2")
    failed = {case.get("name") for case in suite if case.find("failure") is not None}
    assert failed == {"size", "growth of size", "routes"}


def test_several_reports_are_written_at_once(lean: Checkout, tmp_path: Path) -> None:
    forms = ("json", "markdown", "sarif", "gitlab", "junit", "github")
    asked = [part for form in forms for part in ("--report", f"{form}:{tmp_path / form}")]
    assert lean.check(*asked).status == 0
    assert all((tmp_path / form).exists() for form in forms)
    assert lean.check("--report", "pdf:x").status == 2
