from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from jettison.builder.wheel_listing import FileContent, ZipMember, member_chunks

LARGE = bytes(range(256)) * 20_000


def read(folder: Path, kind: int, content: bytes, spoil: Callable[[bytes], bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", kind) as archive:
        archive.writestr("a", content)
    file = folder / "a.zip"
    file.write_bytes(spoil(stream.getvalue()))
    with file.open("rb") as opened, closing(FileContent(os.dup(opened.fileno()))) as found:
        member = ZipMember.of(zipfile.ZipFile(opened).infolist()[0])
        return b"".join(member_chunks(found, member))


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("content", [b"", b"hello", LARGE])
def test_members_are_what_was_put_in(tmp_path: Path, kind: int, content: bytes) -> None:
    assert read(tmp_path, kind, content, lambda text: text) == content


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_changed_byte_is_found(tmp_path: Path, kind: int) -> None:
    with pytest.raises(zipfile.BadZipFile):
        read(tmp_path, kind, LARGE, lambda text: text[:200] + b"?" + text[201:])


def test_an_unknown_way_of_packing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(zipfile.BadZipFile):
        read(tmp_path, zipfile.ZIP_BZIP2, LARGE, lambda text: text)
