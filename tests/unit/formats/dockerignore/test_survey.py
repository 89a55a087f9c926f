"""Many patterns at once find the same as each alone."""

from hypothesis import given
from hypothesis import strategies as st

from jettison.formats.dockerignore import parse, pattern
from jettison.formats.dockerignore_proposal import survey

NAMES = ["a", "b", "ab", ".a", "a.b"]
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
TEXTS = st.lists(st.sampled_from([*NAMES, "*", "**", "a*", "?b"]), min_size=1, max_size=3).map(
    "/".join
)


@given(tree=st.sets(PATHS), texts=st.lists(TEXTS, max_size=5))
def test_a_survey_finds_what_each_pattern_finds(tree: set[str], texts: list[str]) -> None:
    found = survey(tree, [pattern(text) for text in texts])
    for text, paths in zip(texts, found, strict=True):
        alone = parse(text, file="x")
        assert paths == {path for path in tree if alone.ignores(path)}
