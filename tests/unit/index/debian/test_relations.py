import pytest

from jettison.errors import InputSyntaxError
from jettison.formats.debian_control import Relation, parse_provides, parse_relations


def test_all_forms_are_read():
    first, second, third = parse_relations(
        "libc6 (>= 2.36), python3:any | default(=1.0) , x [!armel !i386] <!nocheck>,"
    )
    assert first == (Relation(name="libc6", operator=">=", version="2.36"),)
    assert second == (
        Relation(name="python3"),
        Relation(name="default", operator="=", version="1.0"),
    )
    assert third == (Relation(name="x", architectures=("!armel", "!i386")),)


def test_an_empty_field_needs_nothing():
    assert parse_relations("") == parse_relations(" , ") == ()


@pytest.mark.parametrize("text", ["a b", "(>= 1)", "a (>> )", "a (~ 1)", "a | | b"])
def test_nonsense_is_refused(text):
    with pytest.raises(InputSyntaxError, match="not a package relation"):
        parse_relations(text)


def test_bounds_and_architectures_decide():
    bounded = Relation(name="a", operator="<<", version="2")
    assert bounded.accepts("1.9")
    assert not bounded.accepts("2")
    assert Relation(name="a", architectures=("amd64",)).holds_on("amd64")
    assert not Relation(name="a", architectures=("!amd64",)).holds_on("amd64")
    assert not Relation(name="a", architectures=("arm64",)).holds_on("amd64")


def test_provides_may_have_versions():
    assert parse_provides("a (= 1), b") == (
        Relation(name="a", operator="=", version="1"),
        Relation(name="b"),
    )
