import tomllib
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from jettison.ecosystems.finding import parse_pyproject
from jettison.ecosystems.pyproject_moves import move_in_pyproject as move_to_development
from jettison.formats.toml import Path, places

names = st.sampled_from(["flask", "pytest", "black", "redis"])
requirements = st.builds(str.__add__, names, st.sampled_from(["", ">=1", "[x]", "; os_name=='a'"]))
members = st.builds(
    "{}{}{}".format,
    requirements.map(lambda one: f'"{one}"'),
    st.just(","),
    st.sampled_from(["\n", "  # why\n", "\n\n", "\n    # Tests\n", "\n# a\n\n", " "]),
)
arrays = st.builds(
    "[{}{}]".format, st.sampled_from(["", "\n", "\n    # Web\n"]), st.lists(members).map("".join)
)
groups = st.sampled_from(
    [
        "",
        "\n[dependency-groups]\ndev = ['ruff']\n",
        "\n[project.optional-dependencies]\ndev = [\n]\n",
    ]
)
documents = st.builds(
    "[project]\nname = 'x'\ndependencies = {}\n{}\n[tool.x]\na.b = {{c = [1, 'y']}}\n".format,
    arrays,
    groups,
)


def leaves(value: object, path: Path = ()) -> Mapping[Path, object]:
    children: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    if not children:
        return {path: value}
    found: dict[Path, object] = {}
    for key, child in children:
        found |= leaves(child, (*path, key))
    return found


@given(documents)
def test_every_value_is_where_its_place_says(text: str) -> None:
    found = places(text)
    for path, value in leaves(tomllib.loads(text)).items():
        place = found[path]
        assert tomllib.loads(f"v = {text[place.value : place.stop]}")["v"] == value


@given(documents, st.sets(names))
def test_moving_loses_and_invents_no_requirement(text: str, move: set[str]) -> None:
    before = parse_pyproject(text, file="p")
    after = parse_pyproject(move_to_development(text, move), file="p")
    written = [(one.name, one.specifier, one.extras, one.marker) for one in before]
    assert sorted((a.name, a.specifier, a.extras, a.marker) for a in after) == sorted(written)
    main = [one.name for one in after if one.kind == "main"]
    assert main == [one.name for one in before if one.kind == "main" and one.name not in move]


@given(st.lists(members.filter(lambda one: one.endswith("\n"))), groups, st.sets(names))
def test_moving_keeps_every_remark(rows: list[str], group: str, move: set[str]) -> None:
    text = f"[project]\ndependencies = [\n{''.join(rows)}]\n{group}"
    assert move_to_development(text, move).count("# why") == text.count("# why")
