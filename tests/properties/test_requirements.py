from hypothesis import given, reject
from hypothesis import strategies as st

from jettison.errors import InputSyntaxError
from jettison.formats.requirements import parse, render, split

names = st.sampled_from(["flask", "Pytest", "ruamel.yaml", "a_b", "zed"])
statements = st.builds(
    str.__add__,
    names,
    st.sampled_from(["", "==1.0", "[x]>=2", ' ; python_version < "4"', " \\\n  --hash=sha256:aa"]),
)
lines = st.one_of(
    statements,
    st.builds("{}  # {}".format, statements, names),
    st.sampled_from(
        ["", "  ", "# Testing", "# ====", "    # via", "    #   x", "# a==1", "-r b.txt", "--pre"]
    ),
    st.sampled_from(["# comment \\", "flask \\", "#", "-e ./x"]),
)
files = st.builds(
    lambda parts, end, newline: ("\n".join(parts) + end).replace("\n", newline),
    st.lists(lines, max_size=20),
    st.sampled_from(["", "\n", "\n\n"]),
    st.sampled_from(["\n", "\r\n"]),
)


@given(files | st.text())
def test_rendering_gives_back_the_text(text: str) -> None:
    try:
        file = parse(text, file="requirements.txt")
    except InputSyntaxError:
        reject()
    assert render(file) == text


@given(files, st.sets(st.sampled_from(["flask", "pytest", "ruamel-yaml", "zed"])))
def test_splitting_loses_and_invents_no_requirement(text: str, move: set[str]) -> None:
    try:
        file = parse(text, file="requirements.txt")
    except InputSyntaxError:
        reject()
    production, development = split(file, move)
    stay = [str(line.requirement or line.path) for line in parse(production, file="p").requirements]
    went = [
        str(line.requirement or line.path) for line in parse(development, file="d").requirements
    ]
    whole = [(line.name, str(line.requirement or line.path)) for line in file.requirements]
    assert stay == [text for name, text in whole if name not in move]
    assert went == [text for name, text in whole if name in move]
