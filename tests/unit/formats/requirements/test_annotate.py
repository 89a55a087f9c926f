import pytest

from jettison.formats.requirements import annotate, parse


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("flask==3.0\n", "flask==3.0  # unused\n"),
        ("flask==3.0", "flask==3.0  # unused"),
        ("flask==3.0  # web\r\n", "flask==3.0  # web; unused\r\n"),
        (
            "flask==3.0 \\\n    --hash=sha256:aa\n    # via x\n",
            "flask==3.0 \\\n    --hash=sha256:aa  # unused\n    # via x\n",
        ),
        ("redis\n# flask\n", "redis\n# flask\n"),
    ],
)
def test_a_mark_ends_the_line(text: str, marked: str) -> None:
    assert annotate(parse(text, file="r.txt"), {"flask": "unused"}) == marked


def test_marking_twice_changes_nothing_and_keeps_the_meaning() -> None:
    text = "flask==3.0  # web\n"
    once = annotate(parse(text, file="r.txt"), {"flask": "unused"})
    again = parse(once, file="r.txt")
    assert annotate(again, {"flask": "unused"}) == once
    assert again.requirements[0].specifier == "==3.0"
