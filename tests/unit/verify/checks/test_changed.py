"""A report says where a file differs and what became of what, and repeats it where it shows."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from jettison.verify import CheckResult, Outcome
from jettison.verify.checks.changed import (
    changed_files,
    changes,
    in_short,
    installed_files,
    what_changed,
    with_changes,
)
from jettison.verify.observation import Stored

CODE = """\
RATES = {
    "full": "0.19",
}


class Invoice:
    due = 14

    @property
    def gross(self):
        # with tax
        return round(self.net * 1.19, 2)
"""
SETTINGS = '[server]\nport = 80\n\n[limits]\nlargest = 500\npassword = "one-two"\n'
PAGE = "<p>\n" + "<i>same</i>" * 20 + "<b>before</b>\n</p>\n"


@pytest.mark.parametrize(
    ("path", "text", "old", "new", "said"),
    [
        (
            "a.py",
            CODE,
            "0.19",
            "0.16",
            'line 2 (RATES): `"full": "0.19",` became `"full": "0.16",`',
        ),
        ("a.py", CODE, "= 14", "= 30", "line 7 (Invoice.due): `due = 14` became `due = 30`"),
        ("a.py", CODE, ", 2)", ")", "(Invoice.gross): `return round(self.net * 1.19, 2)` became "),
        ("a.py", CODE, "    @property\n", "", "line 9 (Invoice.gross): `@property` is gone"),
        ("a.py", CODE, "class", "import os\n\nclass", "`import os` is new and 1 more line"),
        ("a.toml", SETTINGS, "500", "100", "line 5 (limits): `largest = 500` became"),
        ("a.yaml", "a: 1\nb: 2\n", "2", "3", "line 2: `b: 2` became `b: 3`"),
        ("a.html", PAGE, "before", "after", "<b>before</b>` became `…"),
    ],
)
def test_the_place_and_both_texts_are_named(
    path: str, text: str, old: str, new: str, said: str
) -> None:
    (found,) = changes(path, text, text.replace(old, new, 1))
    assert said in found
    assert len(found) < 260


def test_what_changes_nothing_is_not_named() -> None:
    assert list(changes("a.py", CODE, CODE.replace("# with tax", "# net and tax"))) == []


@pytest.mark.parametrize(
    ("path", "text", "old", "new"),
    [
        ("a.toml", SETTINGS, "one-two", "three-four"),
        ("a.py", 'API_TOKEN = "abcdef"\n', "abcdef", "ghijkl"),
        (".env", "DB_PASSWORD=abcdef\n", "abcdef", "ghijkl"),
    ],
)
def test_secrets_are_not_shown(path: str, text: str, old: str, new: str) -> None:
    (found,) = changes(path, text, text.replace(old, new))
    assert found.endswith("differs (not shown)")
    assert old not in found
    assert new not in found


def test_texts_of_many_other_lines_are_told_by_the_first() -> None:
    had, has = ("\n".join(f"{one}{number}" for number in range(5000)) for one in "ab")
    (found,) = changes("a.txt", had, has)
    assert found == "line 1: `a0` became `b0` and 4999 more lines"


def test_files_of_both_with_other_contents_are_read() -> None:
    had = Stored(
        application={"a.py": "1", "b.py": "2", "gone.py": "3"},
        distributions={"idna/core.py": ("idna", "4"), "idna/same.py": ("idna", "5")},
        scripts={"/start.sh": "6"},
        system="/etc/a.conf\tmode 0644 of user 0 and group 0, content 7\n/etc/b\tlink to c",
    )
    has = replace(
        had,
        application={"a.py": "9", "b.py": "2"},
        distributions={"idna/core.py": ("idna", "9"), "idna/same.py": ("idna", "5")},
        system=had.system.replace("content 7", "content 8"),
    )
    assert changed_files(had, has) == ("a.py", "idna/core.py", "/etc/a.conf")
    assert installed_files(had, has) == ("idna/core.py",)
    assert what_changed("a.py", had, has) == ""
    had, has = (
        replace(one, texts={"a.py": text}) for one, text in ((had, "a = 1"), (has, "a = 2"))
    )
    assert what_changed("a.py", had, has) == ": line 1 (a): `a = 1` became `a = 2`"


def test_what_differs_is_repeated_where_it_shows() -> None:
    found = with_changes(
        [
            CheckResult(name="routes", outcome=Outcome.DIFFERENT, message="1 of 2 identical"),
            CheckResult(name="logs", outcome=Outcome.SAME, message="3 kinds are the same"),
            CheckResult(name="files", outcome=Outcome.DIFFERENT, message="a.py is gone"),
        ]
    )
    assert [one.message for one in found] == [
        "1 of 2 identical; besides, files: a.py is gone",
        "3 kinds are the same",
        "a.py is gone",
    ]


def test_of_each_distribution_one_file_is_named_first() -> None:
    details = ["app.py of the application is gone", "/etc/a was b and is c"]
    details += [f"idna/{one}.py of idna has another content" for one in "abcd"]
    details += ["yarl/a.py of yarl, idna is gone without a known reason"]
    assert in_short(details) == (
        "app.py of the application is gone; /etc/a was b and is c; "
        "idna/a.py of idna has another content; 4 further files differ"
    )
    assert in_short(()) == ""
