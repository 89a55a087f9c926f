from __future__ import annotations

from jettison.plan.removal.listing import SystemGroup, bytes_named, system_written


def test_a_list_says_what_its_paragraphs_weigh() -> None:
    groups = [
        SystemGroup(rule="r", reason="packages (old ones)", packages=("a",), bytes=38_400_000),
        SystemGroup(rule="r", reason="documentation", paths=("/usr/share/doc/**",), bytes=21_000),
        SystemGroup(rule="r", reason="nothing worth a number", paths=("/x",), bytes=12),
    ]
    text = system_written(groups)
    assert "# r: packages (old ones) (38 MB)\npackage: a\n" in text
    assert bytes_named(text) == 38_021_000
