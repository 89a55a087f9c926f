"""The time and the serial number of a bill of materials, which follow from the image."""

from __future__ import annotations

import hashlib
import json

from jettison.oci.document import encode


def dated_document(text: str, created: str) -> bytes:
    """Return a CycloneDX document with its time and a serial number made of all its content."""
    document = json.loads(text)
    document["metadata"]["timestamp"] = created
    digest = bytearray(hashlib.sha256(encode(document)).digest()[:16])
    # RFC 9562: a UUID of version 8, whose bits are the maker's own.
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    parts = (text[:8], text[8:12], text[12:16], text[16:20], text[20:])
    return encode({**document, "serialNumber": f"urn:uuid:{'-'.join(parts)}"})
