"""What people read uses the words of the field, not private ones."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from jettison.rules import RULES
from jettison.rules.rule import Rule

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FENCED = re.compile(r"^ *(`{3,}).*?^ *\1$", re.MULTILINE | re.DOTALL)
# A pattern and what to write instead.
PRIVATE = {
    r"\basked the same\b": "sent the same requests",
    r"\banew\b": "again, or name the action: rebuild, relock",
    r"\bfor you to decide\b": "needs review",
    r"\bCould not be learned\b": "Not determined",
    r"\bNothing was written: --write\b": "no files written (--write …, --output …)",
    r"\bstands under the comment\b": "listed under the comment",
    r"\b(leaves production|leave production)\b": "moved out of production",
    r"\bwhose every byte\b": "attribute every byte to an owner",
    r"\bstored for nothing\b": "wasted",
    r"\bsecond look\b": "retry",
    r"\blook ahead\b": "prefetch",
    r"\bprobes of (users|your own)\b": "custom requests",
    r"\bleaves? (the (environment|image|system)|only when|production|when)\b": "removed (from)",
    r"\bnothing is known of\b": "no facts about, unknown",
    r"\b(is|are|was|were) asked for\b": "requested",
    r"\b(is|are|be) told\b": "reported, known, detected",
    r"\bcannot be told\b": "is not known",
    r"\btell (whoever|who|those who)\b": "report it to",
}
# All but those that read images and run them, of which not every module is done.
ROOMS = sorted(
    {path.name for path in (ROOT / "src" / "jettison").iterdir() if path.is_dir()}
    - {"contents", "verify", "__pycache__"}
)
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def private(text: str) -> list[str]:
    return [
        f"{found.group()!r}: write {instead!r}"
        for pattern, instead in PRIVATE.items()
        for found in re.finditer(pattern, text, re.IGNORECASE)
    ]


def printed(module: Path) -> str:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    return "\n".join(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@pytest.mark.parametrize("page", [pytest.param(each, id=each.name) for each in PAGES])
def test_pages_use_the_words_of_the_field(page: Path) -> None:
    assert private(FENCED.sub("", page.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "module",
    [
        pytest.param(each, id=f"{each.parent.name}/{each.name}")
        for room in ROOMS
        for each in sorted((ROOT / "src" / "jettison" / room).rglob("*.py"))
    ],
)
def test_messages_use_the_words_of_the_field(module: Path) -> None:
    assert private(printed(module)) == []


@pytest.mark.parametrize("rule", [pytest.param(each, id=each.name) for each in RULES])
def test_pages_of_rules_use_the_words_of_the_field(rule: Rule) -> None:
    assert private(rule.documentation) == []
