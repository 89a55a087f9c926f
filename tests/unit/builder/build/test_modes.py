from __future__ import annotations

import pytest

from jettison.builder.files import changed_mode


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("755", 0o644, 0o755),
        ("0640", 0o644, 0o640),
        ("+x", 0o644, 0o755),
        ("u+x", 0o644, 0o744),
        ("go-r", 0o644, 0o600),
        ("u=rwx,go=rx", 0o600, 0o755),
        ("a=r", 0o755, 0o444),
        ("g=u", 0o640, 0o660),
        ("g+s", 0o755, 0o2755),
        ("+t", 0o777, 0o1777),
        ("u+rwX", 0o644, 0o644),
        ("u+rwX", 0o655, 0o755),
        ("-w+x", 0o644, 0o555),
    ],
)
def test_chmod_reads_it_the_same(text: str, before: int, after: int) -> None:
    assert changed_mode(text, before, directory=False) == after


def test_capital_x_lets_directories_be_entered() -> None:
    assert changed_mode("a+rX", 0o700, directory=True) == 0o755


@pytest.mark.parametrize("text", ["", "rwx", "u+q", "99", "u~x"])
def test_what_is_no_mode_is_refused(text: str) -> None:
    assert changed_mode(text, 0o644, directory=False) is None
