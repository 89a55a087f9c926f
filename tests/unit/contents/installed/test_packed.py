"""Texts that are kept compressed."""

from __future__ import annotations

import os

import pytest

from jettison.contents import Packed, PackedTexts


@pytest.mark.parametrize("content", [b"", b"#!", b"import os\n" * 1000, os.urandom(1000)])
def test_bytes_come_back_as_they_were(content: bytes) -> None:
    packed = Packed.of(content)
    assert packed.content() == content
    assert packed.starts_with(content[:2])
    assert not packed.starts_with(b"never")
    assert len(packed.stored) <= len(content)


def test_sources_take_less_memory() -> None:
    assert len(Packed.of(b"import os\n" * 1000).stored) < 100


def test_texts_are_a_mapping_of_bytes() -> None:
    texts = PackedTexts({"a.py": Packed.of(b"a = 1\n" * 50), "b.py": Packed.of(b"")})
    assert dict(texts) == {"a.py": b"a = 1\n" * 50, "b.py": b""}
    assert "a.py" in texts
    assert texts.get("c.py") is None
    assert len(texts) == 2
