"""Many patterns at once find the same as each alone."""

from hypothesis import given
from hypothesis import strategies as st

from jettison.formats.dockerignore import judged, parse, pattern, verdicts
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


@given(tree=st.sets(PATHS), texts=st.lists(st.tuples(st.sampled_from(["", "!"]), TEXTS)))
def test_files_of_a_tree_are_judged_as_each_alone(
    tree: set[str], texts: list[tuple[str, str]]
) -> None:
    patterns = tuple(pattern(sign + text) for sign, text in texts)
    found = dict(verdicts(dict.fromkeys(tree, 0), patterns))
    assert found == {path: judged(patterns, path) for path in tree}
