"""A tree, and the patterns that its .dockerignore lacks."""

import pytest

from jettison.formats.dockerignore import Amount, parse, pattern
from jettison.formats.dockerignore_proposal import Proposal, entries, propose


def proposed(
    tree: dict[str, int], existing: str | None = None, needed: tuple[str, ...] = ()
) -> dict[str, Proposal]:
    ignore = None if existing is None else parse(existing, file=".dockerignore")
    return {one.pattern: one for one in propose(tree, ignore, needed)}


def test_guards_are_proposed_before_there_is_anything() -> None:
    found = proposed({"app.py": 1})
    assert "**/.env" in found
    assert "**/.git" in found
    assert "**/node_modules" not in found
    assert found["**/.env"].amount == Amount()


def test_what_matches_is_proposed_with_its_bytes() -> None:
    found = proposed({"app.py": 1, "tests/test_a.py": 5, "a/__pycache__/a.cpython-311.pyc": 7})
    assert found["tests"].amount == Amount(files=1, bytes=5)
    assert found["tests"].category == "tests"
    assert found["**/__pycache__"].amount == Amount(files=1, bytes=7)
    assert "**/*.py[cod]" not in found


def test_what_is_ignored_already_is_not_proposed() -> None:
    found = proposed({"tests/a.py": 5, ".git/HEAD": 1}, "tests\n.git\n*.env\n.env*\n")
    assert "tests" not in found
    assert "**/.git" not in found
    assert "**/.env" not in found


def test_a_list_of_what_is_sent_needs_nothing() -> None:
    assert proposed({"app/a.py": 1, "tests/b.py": 2, ".git/HEAD": 1}, "*\n!app\n") == {}


def test_a_directory_that_is_copied_stays() -> None:
    assert "tests" not in proposed({"tests/a.py": 5}, needed=("./tests/",))
    assert "tests" not in proposed({"tests/a/b.py": 5}, needed=("tests/a",))
    assert "tests" in proposed({"tests/a.py": 5}, needed=(".",))


def test_a_file_that_is_named_becomes_an_exception() -> None:
    found = proposed({"README.md": 5, "CHANGES.md": 6}, needed=("README.md",))
    assert found["*.md"].exceptions == ("!README.md",)
    assert found["*.md"].amount == Amount(files=1, bytes=6)


def test_a_pattern_that_matches_only_named_files_is_not_proposed() -> None:
    assert "*.md" not in proposed({"README.md": 5}, needed=("README.md",))


def test_files_that_are_copied_by_a_pattern_stay() -> None:
    assert "*.md" not in proposed({"A.md": 5, "B.md": 6}, needed=("*.md",))
    assert "*.md" in proposed({"A.md": 5}, needed=("[bad",))


def test_what_the_file_brings_back_stays() -> None:
    found = proposed({"a.md": 5, "b.md": 6, "c.md": 7}, "a*\n!a.md\n")
    assert found["*.md"].exceptions == ("!a.md",)


def test_what_the_file_brings_back_stays_also_before_it_is_there() -> None:
    found = proposed({"app/a.py": 1}, "*\n!app\n!.git\n!.env\n.env\n")
    assert "**/.git" not in found


def test_a_copied_secret_stays_in_the_context() -> None:
    found = proposed({".env": 5}, needed=(".env",))
    assert found["**/.env"].exceptions == ("!.env",)


def test_an_environment_is_known_under_any_name() -> None:
    found = proposed({"my-env/pyvenv.cfg": 1, "my-env/lib/a.py": 9})
    assert found["my-env"].amount == Amount(files=2, bytes=10)
    assert found["my-env"].category == "local environments"


def test_a_file_with_the_proposals_leaves_nothing_to_propose() -> None:
    tree = {
        entry.sample or entry.pattern.replace("**/", "").replace("*", "x"): 1 for entry in entries()
    }
    tree |= {"app.py": 1, "README.md": 2}
    proposals = propose(tree, None, ("README.md",))
    text = "".join(f"{line}\n" for one in proposals for line in (one.pattern, *one.exceptions))
    ignore = parse(text, file=".dockerignore")
    assert propose(tree, ignore, ("README.md",)) == ()
    assert not ignore.ignores("app.py")
    assert not ignore.ignores("README.md")
    assert sum(map(ignore.ignores, tree)) == sum(one.amount.files for one in proposals)


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.pattern)
def test_the_catalogue_explains_itself(entry) -> None:
    pattern(entry.pattern)
    assert entry.reason
    assert entry.source.startswith("https://")
    if entry.guard:
        assert parse(entry.pattern, file="x").ignores(entry.sample)
