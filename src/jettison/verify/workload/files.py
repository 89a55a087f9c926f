"""Small files of common kinds to upload, made here so that every byte is known."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

from msgspec import Struct

_WORDS = "A short note about the garden in spring."


class Upload(Struct, frozen=True, kw_only=True):
    """A file as a browser would send it."""

    name: str
    media_type: str
    content: bytes


@cache
def uploads() -> tuple[Upload, ...]:
    """Give one file of each kind: text, PDF, picture, office document, table."""
    kinds: tuple[tuple[str, str, Callable[[], bytes]], ...] = (
        ("note.txt", "text/plain", _WORDS.encode),
        ("note.pdf", "application/pdf", _pdf),
        ("photo.png", "image/png", _png),
        (
            "letter.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            _docx,
        ),
        ("table.csv", "text/csv", lambda: b"plant,count\nrose,3\nfern,5\n"),
    )
    return tuple(
        Upload(name=name, media_type=media_type, content=make()) for name, media_type, make in kinds
    )


def _png() -> bytes:
    width, height = 24, 16
    rows = b"".join(
        b"\0" + b"".join(bytes((x * 10, y * 15, 120)) for x in range(width)) for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def _pdf() -> bytes:
    drawing = f"BT /F1 18 Tf 20 100 Td ({_WORDS}) Tj ET".encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 200] /Contents 4 0 R /Resources %s >>"
        % b"<< /Font << /F1 5 0 R >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    written = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return written + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )


_DOCX = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/'
        'vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/officeDocument" Target="word/document.xml"/></Relationships>'
    ),
    "word/document.xml": (
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f"<w:body><w:p><w:r><w:t>{_WORDS}</w:t></w:r></w:p></w:body></w:document>"
    ),
}


def _docx() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _DOCX.items():
            part = zipfile.ZipInfo(name, date_time=(2024, 5, 17, 9, 30, 0))
            archive.writestr(part, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return written.getvalue()
