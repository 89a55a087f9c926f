"""One pattern, one path."""

import pytest
from e2b_dockerfile_utils import PatternMatcher
from hypothesis import example, given
from hypothesis import strategies as st

from jettison.errors import InputSyntaxError
from jettison.formats.dockerignore import parse


def ignores(text: str, path: str) -> bool:
    return parse(text, file=".dockerignore").ignores(path)


@pytest.mark.parametrize(
    ("text", "path", "ignored"),
    [
        ("a", "a", True),
        ("a", "a/b/c", True),
        ("a", "b/a", False),
        ("/a", "a", True),
        ("./a/", "a/b", True),
        ("a/../b", "b", True),
        ("*.py", "a.py", True),
        ("*.py", "b/a.py", False),
        ("**/*.py", "a.py", True),
        ("**/*.py", "b/c/a.py", True),
        ("**/a", "b/a/c", True),
        ("**/a", "ba", False),
        ("a/**", "a/b", True),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/c/d/b", True),
        ("*/a", "b/a", True),
        ("*/a", "b/c/a", False),
        ("a?", "ab", True),
        ("a?", "a/", False),
        ("[ab].py", "a.py", True),
        ("[^ab].py", "a.py", False),
        ("[a-c]", "b", True),
        ("a.b", "aXb", False),
        ("a+(b)", "a+(b)", True),
        (r"\*", "*", True),
        (r"\*", "a", False),
        ("# a\n#b", "#b", False),
        (r"\#b", "#b", True),
        ("  a  ", "a", True),
        ("*\n!a", "a", False),
        ("*\n!a", "a/b", False),
        ("*\n!a/b", "a/b", False),
        ("*\n!a/b", "a/c", True),
        ("!a\n*", "a", True),
        ("a\n!a/b\na/b/c", "a/b/c", True),
        ("**\n!*.md", "a.md", False),
        ("\ufeffa", "a", True),
        ("é", "é", True),
        ("", "a", False),
    ],
)
def test_matching(text: str, path: str, ignored: bool) -> None:
    assert ignores(text, path) == ignored


PATHS = st.lists(st.sampled_from(["a", "b", "ab", ".a", "a.b"]), min_size=1, max_size=3).map(
    "/".join
)
PATTERNS = st.lists(
    st.tuples(
        st.sampled_from(["", "!"]),
        st.lists(
            st.sampled_from(["a", "b", "*", "**", "a*", "?", "[ab]", "*b", ".a", "a.b"]),
            min_size=1,
            max_size=3,
        ).map("/".join),
    ).map("".join),
    max_size=4,
)


@given(patterns=PATTERNS, path=PATHS)
@example(patterns=["a*", "!ab/b", "a?"], path="ab/b")
@example(patterns=["ab", "!ab/b", "a*"], path="ab/b")
def test_paths_match_as_in_docker(patterns: list[str], path: str) -> None:
    assert ignores("\n".join(patterns), path) == PatternMatcher(patterns).matches(path)


def test_the_line_that_decides() -> None:
    ignore = parse("# caches\n**/*.pyc\n\na\n!a/b\n", file=".dockerignore")
    by = ignore.ignored_by("a/c")
    assert by is not None
    assert (by.text, by.origin.line) == ("a\n", 4)
    assert ignore.ignored_by("a/b") is None
    assert ignore.ignored_by("c") is None


@pytest.mark.parametrize("text", ["", "a", "# x\r\n\r\na\r\n", "\ufeffa\n\n", "a\n  # b \n\tc"])
def test_a_file_is_written_back_byte_for_byte(text: str) -> None:
    assert "".join(line.text for line in parse(text, file=".dockerignore").lines) == text


@pytest.mark.parametrize("text", ["a\n!\n", "a\n[b\n", "a\nb\\\n", "a\n[b-a]\n"])
def test_a_line_that_is_no_pattern(text: str) -> None:
    with pytest.raises(InputSyntaxError) as caught:
        parse(text, file=".dockerignore")
    assert caught.value.origin is not None
    assert caught.value.origin.line == 2
    assert caught.value.hint
