"""What is written about the code is there, is reached, and names what the code names."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from jettison.formats.budgets import Budget
from jettison.formats.own_settings import KEYS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md"])
BY_HAND = {"json.md", "settings.md"}
GENERATED = "<!-- Written by `make docs`"
FENCED = re.compile(r"^ *(`{3,}).*?^ *\1$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# The keys of a value, as `jettison.report.documents` writes them down.
SHAPE = re.compile(r" ?(?:[a-z_*?=.]+ )+[a-z_*?=.]+")
DOCUMENTS = [
    "src/jettison/report/documents.py",
    "src/jettison/verify/__init__.py",
]


def links(page: Path) -> list[str]:
    text = INLINE.sub("", FENCED.sub("", page.read_text(encoding="utf-8")))
    return [link for link in LINK.findall(text) if "://" not in link]


def anchors(page: Path) -> set[str]:
    headings = HEADING.findall(FENCED.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", [pytest.param(each, id=each.name) for each in PAGES])
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), f"{page}: {link}"
        assert not anchor or anchor in anchors(target), f"{page}: {link}"


def test_every_page_is_reached_from_the_index() -> None:
    reached, ahead = set(), [DOCS / "index.md"]
    while ahead:
        page = ahead.pop().resolve()
        if page not in reached and page.is_file() and page.suffix == ".md":
            reached.add(page)
            ahead += [page.parent / link.partition("#")[0] for link in links(page)]
    assert {page for page in PAGES if page.is_relative_to(DOCS)} <= reached


def test_reference_pages_are_generated() -> None:
    pages = (DOCS / "reference").rglob("*.md")
    by_hand = {page.name for page in pages if not page.read_text("utf-8").startswith(GENERATED)}
    assert by_hand == BY_HAND


@pytest.mark.parametrize("module", DOCUMENTS)
def test_every_key_of_the_json_documents_is_described(module: str) -> None:
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    keys = {
        key.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    }
    shapes = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    keys |= {
        word.strip("?").partition("=")[0]
        for shape in shapes
        if isinstance(shape, str) and SHAPE.fullmatch(shape)
        for word in shape.split()
        if not word.startswith("*")
    }
    text = (DOCS / "reference" / "json.md").read_text(encoding="utf-8")
    assert {key for key in keys if f"`{key}`" not in text} == set()


def test_every_guarantee_is_held_by_a_test_that_exists() -> None:
    text = (DOCS / "explanation" / "security.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/.]+\.py)?(?:::(\w+))?`", text)
    file, missing = "", []
    for path, test in named:
        file = path or file
        place = DOCS.parent / file
        held = place.is_file() and f"def {test}" in place.read_text(encoding="utf-8")
        missing += [] if held else [(file, test)]
    assert len(named) > 20
    assert missing == []


def test_every_setting_is_described() -> None:
    text = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    assert {key for key in (*KEYS, *Budget) if f"`{key}`" not in text} == set()


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *(ROOT / "requirements-build.in").read_text(encoding="utf-8").split(),
    ]
    page = (DOCS / "development" / "dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\w.-]+)", page, re.MULTILINE)
    explained = {canonicalize_name(row) for row in rows}
    assert {canonicalize_name(Requirement(each).name) for each in asked} <= explained


def test_every_difference_to_the_dockerfile_is_told() -> None:
    parity = tomllib.loads((ROOT / "tests" / "examples" / "parity.toml").read_text("utf-8"))
    page = (DOCS / "how-to" / "build-without-docker.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\S+)` \| (.+) \|$", page, re.MULTILINE)
    told = {(path.replace("\\|", "|"), reason) for path, reason in rows}
    assert {(each["paths"], each["reason"]) for each in parity["difference"]} <= told
