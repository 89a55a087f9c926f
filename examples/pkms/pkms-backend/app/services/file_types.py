"""What kind of file an upload is, from its first bytes."""

import mimetypes

import filetype

try:
    import magic
except ImportError:  # the package or the libmagic it loads is missing
    magic = None  # type: ignore[assignment]

OCTETS = "application/octet-stream"
# Answers that say no more than the container a format lives in.
_VAGUE = frozenset({OCTETS, "application/zip", "text/plain"})
HEAD_BYTES = 8192


def detector_name() -> str:
    return "libmagic" if magic is not None else "filetype"


def _from_bytes(head: bytes) -> str:
    if magic is not None:
        return magic.from_buffer(head, mime=True)
    kind = filetype.guess(head)
    return kind.mime if kind else OCTETS


def media_type(head: bytes, filename: str) -> str:
    """The media type by content; the name decides where the content is vague."""
    found = _from_bytes(head)
    if found not in _VAGUE:
        return found
    by_name, _ = mimetypes.guess_type(filename)
    return by_name or found
