import ast

import pytest

from jettison.source.parse import in_older_words, parse


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ("try:\n    a\nexcept A, b.C:\n    d\n", "try:\n    a\nexcept (A, b.C):\n    d\n"),
        ("try:\n    a\nexcept* A, B:\n    d\n", "try:\n    a\nexcept* (A, B):\n    d\n"),
        ("type Pair[T] = tuple[T, T]\n", "Pair = tuple[T, T]\n"),
        ("def first[T: Base[int]](x: T) -> T: ...\n", "def first(x: T) -> T: ...\n"),
        ("async def f[**P, *Ts](): ...\n", "async def f(): ...\n"),
        ("class Box[T]: ...\n", "class Box: ...\n"),
        ("type(x)\ntype = 1\nexcept_ = a, b\nd[0]\n", "type(x)\ntype = 1\nexcept_ = a, b\nd[0]\n"),
    ],
)
def test_newer_syntax_in_older_words(newer, older):
    assert in_older_words(newer.encode()).decode() == older
    ast.parse(older)


def test_a_file_for_a_newer_python_is_read_whole():
    facts = parse("a.py", b"try:\n    import fast\nexcept ImportError, OSError:\n    import slow\n")
    assert facts.skipped is None
    assert [(i.module, i.line) for i in facts.imports] == [("fast", 2), ("slow", 4)]
    assert facts.imports[0].circumstance.optional


def test_what_stays_unreadable_still_names_what_it_names():
    facts = parse(
        "settings.py",
        b"INSTALLED_APPS = [\n    'parler',\n]\nX = 'storages.backends.s3'\nbroken broken\n",
    )
    assert facts.skipped
    assert [(t.value, t.line, t.target) for t in facts.texts] == [
        ("parler", 2, "INSTALLED_APPS"),
        ("storages.backends.s3", 4, "INSTALLED_APPS"),
    ]
    assert not parse("data.py", b"x = 'word'\nbroken broken\n").texts
