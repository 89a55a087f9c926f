from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from jettison.builder.libraries import shortened as cut
from jettison.builder.libraries import shrunk
from jettison.plan.removal.remove_files import cut_sections


def library(*, loaded: int = 300, behind: bytes = b"symbols", payload: bytes = b"") -> bytes:
    """Make an ELF file of one segment, something behind it, and a section table."""
    segment = (1).to_bytes(4, "little") + bytes(4) + bytes(8) + bytes(16)
    segment += loaded.to_bytes(8, "little") + bytes(16)
    sections = loaded + len(behind)
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + bytes(16)
    head += (64).to_bytes(8, "little") + sections.to_bytes(8, "little") + bytes(6)
    head += b"".join(n.to_bytes(2, "little") for n in (56, 1, 64, 2, 1))
    body = head + segment
    return body + b"x" * (loaded - len(body)) + behind + b"s" * 128 + payload


def shortened(content: bytes, *, chunk: int = 1 << 20) -> bytes | None:
    def chunks() -> Iterator[bytes]:
        for start in range(0, len(content), chunk):
            yield content[start : start + chunk]

    found = shrunk(chunks(), len(content))
    if found is None:
        return None
    result = b"".join(cut(chunks(), found.size))
    assert len(result) == found.size
    assert hashlib.sha256(result).digest() == found.digest
    return result


def test_what_is_loaded_stays_byte_for_byte() -> None:
    before = library()
    after = shortened(before)
    assert after is not None
    assert len(after) == 300
    assert after[64:] == before[64:300]


@pytest.mark.parametrize("chunk", [100, 150, 1 << 20])
def test_it_is_what_the_script_of_a_dockerfile_makes(tmp_path: Path, chunk: int) -> None:
    file = tmp_path / "x.so"
    file.write_bytes(library())
    assert cut_sections(file)
    assert shortened(library(), chunk=chunk) == file.read_bytes()


@pytest.mark.parametrize(
    "content",
    [library(payload=b"appended"), b"no library at all" * 10, b"\x7fELF\x02\x01", library()[:200]],
)
def test_anything_else_stays_as_it_is(content: bytes) -> None:
    assert shortened(content) is None


@pytest.mark.parametrize("chunk", [7, 64, 1 << 20])
def test_a_plugin_of_qt_keeps_its_sections(chunk: int) -> None:
    assert shortened(library(behind=b"\0.text\0.qtmetadata\0"), chunk=chunk) is None
