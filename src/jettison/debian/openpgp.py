"""As much of OpenPGP (RFC 4880) as Debian's signatures need: packets, RSA public keys, armor.

Keys come from files that the project ships, so what binds a subkey or an expiry date to its key is
believed as it stands there; signatures over anything else are verified in ``clearsigned``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping

from msgspec import Struct

from jettison.errors import InputSyntaxError

PUBLIC_KEY, SUBKEY, SIGNATURE = 6, 14, 2
RSA = frozenset({1, 3})  # encrypt or sign, sign only
_CREATED, _SIGNATURE_EXPIRES, _KEY_EXPIRES, _ISSUER = 2, 3, 9, 16
_V4 = 4
_OLD_LENGTHS = {0: 1, 1: 2, 2: 4}


class PublicKey(Struct, frozen=True, kw_only=True):
    """An RSA key. ``created`` and ``expires`` are seconds since 1970, ``expires`` 0 for never."""

    fingerprint: str
    modulus: int
    exponent: int
    created: int
    expires: int = 0

    @property
    def key_id(self) -> str:
        """The last 16 digits of the fingerprint, by which signatures name their key."""
        return self.fingerprint[-16:]


class Signature(Struct, frozen=True, kw_only=True):
    """A version 4 signature packet.

    ``hashed`` is what of the packet is covered by the signature, ``value`` the RSA number, 0 when
    the algorithm is another one. ``expires`` is seconds since 1970, 0 for never.
    """

    kind: int
    key_algorithm: int
    hash_algorithm: int
    hashed: bytes
    issuer: str
    created: int
    expires: int
    key_lifetime: int
    value: int


def packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and body of each packet; InputSyntaxError when ``data`` is not made of packets."""
    position = 0
    while position < len(data):
        tag, start, length = _header(data, position)
        if start + length > len(data):
            raise InputSyntaxError("an OpenPGP packet is cut short")
        yield tag, data[start : start + length]
        position = start + length


def _header(data: bytes, position: int) -> tuple[int, int, int]:
    """Return tag, start of the body and its length."""
    first = data[position]
    if not first & 0x80:
        raise InputSyntaxError("not an OpenPGP packet")
    if first & 0x40:
        start, length = _new_length(data, position + 1)
        return first & 0x3F, start, length
    size = _OLD_LENGTHS.get(first & 3)
    if size is None:
        raise InputSyntaxError("an OpenPGP packet of unknown length")
    start = position + 1 + size
    return (first >> 2) & 0xF, start, int.from_bytes(data[position + 1 : start], "big")


def _new_length(data: bytes, position: int) -> tuple[int, int]:
    """Decode a length of one, two or five octets (RFC 4880, 4.2.2 and 5.2.3.1)."""
    octets = data[position : position + 5]
    if not octets or 224 <= octets[0] < 255:  # noqa: PLR2004  # partial lengths
        raise InputSyntaxError("an OpenPGP packet of unknown length")
    if octets[0] < 192:  # noqa: PLR2004
        return position + 1, octets[0]
    if octets[0] < 224:  # noqa: PLR2004
        return position + 2, ((octets[0] - 192) << 8) + octets[1] + 192
    return position + 5, int.from_bytes(octets[1:5], "big")


def public_keys(data: bytes) -> dict[str, PublicKey]:
    """Read the RSA keys and subkeys of a keyring, by key ID; keys of other kinds are left out."""
    found: dict[str, PublicKey] = {}
    last: PublicKey | None = None
    for tag, body in packets(data):
        if tag in {PUBLIC_KEY, SUBKEY}:
            last = _public_key(body)
            if last:
                found[last.key_id] = last
        elif tag == SIGNATURE and last:
            lifetime = signature(body).key_lifetime
            if lifetime:
                last = _expiring(last, last.created + lifetime)
                found[last.key_id] = last
    return found


def _public_key(body: bytes) -> PublicKey | None:
    if body[0] != _V4 or body[5] not in RSA:
        return None
    digest = hashlib.sha1(b"\x99" + len(body).to_bytes(2, "big") + body, usedforsecurity=False)
    modulus, rest = _number(body[6:])
    return PublicKey(
        fingerprint=digest.hexdigest().upper(),
        modulus=modulus,
        exponent=_number(rest)[0],
        created=int.from_bytes(body[1:5], "big"),
    )


def _expiring(key: PublicKey, when: int) -> PublicKey:
    return PublicKey(
        fingerprint=key.fingerprint,
        modulus=key.modulus,
        exponent=key.exponent,
        created=key.created,
        expires=max(when, key.expires),
    )


def _number(data: bytes) -> tuple[int, bytes]:
    """Split off a multiprecision integer: two octets of bit length, then its octets."""
    end = 2 + (int.from_bytes(data[:2], "big") + 7) // 8
    if len(data) < end:
        raise InputSyntaxError("an OpenPGP number is cut short")
    return int.from_bytes(data[2:end], "big"), data[end:]


def signature(body: bytes) -> Signature:
    """Read a signature packet; InputSyntaxError when its version is not 4."""
    if len(body) < 6 or body[0] != _V4:  # noqa: PLR2004
        raise InputSyntaxError("an OpenPGP signature that is not of version 4")
    end = 6 + int.from_bytes(body[4:6], "big")
    after = end + 2 + int.from_bytes(body[end : end + 2], "big")
    if after + 2 > len(body):
        raise InputSyntaxError("an OpenPGP signature is cut short")
    hashed = _subpackets(body[6:end])
    issuer = (hashed.get(_ISSUER) or _subpackets(body[end + 2 : after]).get(_ISSUER, b"")).hex()
    created = int.from_bytes(hashed.get(_CREATED, b""), "big")
    lifetime = int.from_bytes(hashed.get(_SIGNATURE_EXPIRES, b""), "big")
    return Signature(
        kind=body[1],
        key_algorithm=body[2],
        hash_algorithm=body[3],
        hashed=body[:end],
        issuer=issuer.upper(),
        created=created,
        expires=created + lifetime if lifetime else 0,
        key_lifetime=int.from_bytes(hashed.get(_KEY_EXPIRES, b""), "big"),
        value=_number(body[after + 2 :])[0] if body[2] in RSA else 0,
    )


def _subpackets(data: bytes) -> Mapping[int, bytes]:
    found: dict[int, bytes] = {}
    position = 0
    while position < len(data):
        start, length = _new_length(data, position)
        if length < 1 or start + length > len(data):
            raise InputSyntaxError("an OpenPGP subpacket is cut short")
        found.setdefault(data[start] & 0x7F, data[start + 1 : start + length])
        position = start + length
    return found


def dearmored(lines: list[str]) -> bytes:
    """Decode the lines between an armor's ``BEGIN`` and ``END``, headers and checksum included."""
    body = lines[lines.index("") + 1 :] if "" in lines else lines
    try:
        return base64.b64decode("".join(line for line in body if line[:1] != "="), validate=True)
    except binascii.Error as error:
        raise InputSyntaxError("an OpenPGP signature is not valid base64") from error
