import pytest
from hypothesis import given
from hypothesis import strategies as st

from jettison.plan.removal import Group, Matcher, collapsed, installed_path
from jettison.plan.removal.listing import (
    Unproven,
    links_in,
    listed_lines,
    paths_in,
    sections_in,
    takes_modules,
    told,
    written,
)

FILES = {
    "numbers/__init__.py",
    "numbers/tests/__init__.py",
    "numbers/tests/data/one.txt",
    "numbers/core/one.h",
    "numbers/core/two.h",
    "numbers/core/one.py",
    "numbers/two.h",
    "numbers/core.d/one",
    "numbers/core.d/two",
    "/bin/count",
}


@pytest.mark.parametrize(
    ("gone", "paths"),
    [
        ({"numbers/tests/__init__.py", "numbers/tests/data/one.txt"}, ("numbers/tests/",)),
        ({"numbers/core/one.h", "numbers/core/two.h", "numbers/two.h"}, ("numbers/**/*.h",)),
        ({"numbers/core/one.h"}, ("numbers/core/one.h",)),
        ({"numbers/core/one.h", "numbers/two.h"}, ("numbers/core/one.h", "numbers/two.h")),
        ({"/bin/count"}, ("/bin/count",)),
        (
            {"numbers/core.d/one", "numbers/core.d/two"},
            ("numbers/core.d/one", "numbers/core.d/two"),
        ),
    ],
)
def test_fewest_paths(gone: set[str], paths: tuple[str, ...]) -> None:
    assert collapsed(gone, FILES, lambda folder: "tests/" in folder) == paths


@pytest.mark.parametrize(
    "odd",
    [
        "a\n/app/x",
        "a\u2028b",
        " a",
        "a ",
        "#a",
        "a\udce9",
        "a\x1b[2J",
        "*",
        "a?b",
        "together",
        "link: a",
    ],
)
def test_a_name_that_would_be_read_as_something_else_stays(odd: str) -> None:
    files = {"numbers/a", odd, f"numbers/tests/{odd}x\n", "numbers/tests/b"}
    assert collapsed(files, files, lambda _: True) == ("numbers/a", "numbers/tests/b")
    group = Group(rule="r", distribution="d", reason="r", links=((odd, "numbers/a"),))
    assert not group.is_listable


names = st.sampled_from(["a", "b", "tests", "c.h", "d.h", "e.py", "[x]", "f"])
trees = st.sets(st.lists(names, min_size=1, max_size=4).map("/".join), max_size=20)


@given(trees, st.data())
def test_collapsed_paths_mean_exactly_what_leaves(tree: set[str], data: st.DataObject) -> None:
    # A name cannot be a file and a folder at once.
    files = {one for one in tree if not any(other.startswith(f"{one}/") for other in tree)}
    gone = {one for one in files if data.draw(st.booleans())}
    whole = data.draw(st.sampled_from([lambda _: True, lambda _: False]))
    matcher = Matcher.of((path, True) for path in collapsed(gone, files, whole))
    assert {one for one in files if matcher.find(one)} == gone


def test_a_list_is_read_as_it_was_written() -> None:
    group = Group(
        rule="installed-tests",
        distribution="numbers",
        reason="tests of numbers 1.0",
        paths=("numbers/tests/",),
        not_counting=("numbers/build.py",),
        sections=("**/*.so*",),
        bytes=2_000_000,
    )
    text = written([group])
    assert text.startswith("\n# installed-tests: tests of numbers 1.0 (2.0 MB)\n")
    assert list(paths_in(text)) == ["numbers/tests/"]
    assert sections_in(text) == ("**/*.so*",)


@pytest.mark.parametrize(
    ("member", "path"),
    [
        ("numbers/one.py", "numbers/one.py"),
        ("numbers-1.0.data/scripts/count", "/bin/count"),
        ("numbers-1.0.data/data/share/man/man1/count.1", "/share/man/man1/count.1"),
        ("numbers-1.0.data/headers/one.h", ""),
    ],
)
def test_place_of_a_wheels_member(member: str, path: str) -> None:
    assert installed_path(member) == path


def test_only_what_could_be_imported_needs_an_explanation() -> None:
    assert takes_modules("# tests: of numpy\nnumpy/tests/\n")
    assert takes_modules("PIL/_avif.cpython-311-x86_64-linux-gnu.so\n")
    assert not takes_modules("# headers: of lxml\nlxml/**/*.h\nsections: **/*.so*\n")


def test_what_stays_without_proof_is_told_and_never_applied() -> None:
    kept = Unproven(
        distribution="numbers",
        reason="it may be opened",
        paths=("numbers/data/",),
        files=3,
        bytes=10,
    )
    group = Group(
        rule="type-stubs", distribution="numbers", reason="stubs", paths=("numbers/a.pyi",)
    )
    text = written([group]) + told([kept])
    assert list(paths_in(text)) == ["numbers/a.pyi"]
    assert [(one.path, one.rule, one.reason) for one in listed_lines(text)] == [
        ("numbers/a.pyi", "type-stubs", "stubs"),
        ("numbers/data/", "", "3 files of numbers (10 B), it may be opened"),
    ]


def test_files_that_are_kept_once_leave_nothing() -> None:
    group = Group(
        rule="duplicate-files",
        distribution="drawing",
        reason="files of drawing 2.0 that it has twice or more",
        links=(("drawing/two words.bin", "drawing/one.bin"),),
        bytes=5_000,
    )
    text = written([group])
    assert "\nlink: drawing/two words.bin -> drawing/one.bin\n" in text
    assert links_in(text) == {"drawing/two words.bin": "drawing/one.bin"}
    assert list(paths_in(text)) == []
    (line,) = listed_lines(text)
    assert (line.path, line.file, line.leaves) == (
        "drawing/two words.bin",
        "drawing/one.bin",
        False,
    )
