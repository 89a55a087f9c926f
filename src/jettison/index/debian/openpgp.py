"""As much of OpenPGP (RFC 4880) as Debian's signatures need: packets, RSA public keys, armor.

A key counts when it certifies itself, and a subkey when both keys have signed that it belongs to
the other; dates of expiry are those that such signatures state.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from msgspec import Struct

from jettison.errors import InputSyntaxError
from jettison.values import replace

PUBLIC_KEY, USER_ID, SUBKEY, SIGNATURE = 6, 13, 14, 2
RSA = frozenset({1, 3})  # encrypt or sign, sign only
# Hash algorithms by their OpenPGP number, with the DER prefix of a PKCS#1 v1.5 DigestInfo
# (RFC 8017, 9.2). SHA-1 and MD5 are omitted on purpose.
HASHES: Mapping[int, tuple[str, bytes]] = {
    8: ("sha256", bytes.fromhex("3031300d060960864801650304020105000420")),
    9: ("sha384", bytes.fromhex("3041300d060960864801650304020205000430")),
    10: ("sha512", bytes.fromhex("3051300d060960864801650304020305000440")),
}
_CREATED, _SIGNATURE_EXPIRES, _KEY_EXPIRES, _ISSUER, _FLAGS, _EMBEDDED = 2, 3, 9, 16, 27, 32
# Kinds of signatures (RFC 4880, 5.2.1).
_CERTIFICATIONS = frozenset({0x10, 0x11, 0x12, 0x13})
_BINDING, _BACK, _DIRECT, _KEY_REVOKED, _SUBKEY_REVOKED = 0x18, 0x19, 0x1F, 0x20, 0x28
_MAY_SIGN = 2
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
    the algorithm is another one. ``expires`` is seconds since 1970, 0 for never. ``may_sign`` is
    whether the key that it is about may sign, and ``embedded`` the body of a signature inside.
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
    may_sign: bool = True
    embedded: bytes = b""


class _Part(Struct, frozen=True, kw_only=True):
    """A key, user ID or subkey of a certificate, with the signatures that follow it."""

    tag: int
    body: bytes
    signatures: list[Signature]


@contextmanager
def _cut_short() -> Iterator[None]:
    """Turn what Python says of fields that are not there into an error."""
    try:
        yield
    except (LookupError, struct.error, ValueError) as error:
        raise InputSyntaxError("an OpenPGP packet is cut short", why=str(error)) from error


def packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and body of each packet; InputSyntaxError when ``data`` is not made of packets."""
    position = 0
    while position < len(data):
        tag, start, length = _header(data, position)
        if start + length > len(data):
            raise InputSyntaxError("an OpenPGP packet is cut short")
        yield tag, data[start : start + length]
        position = start + length


@_cut_short()
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
    """Read the RSA keys and subkeys of a keyring that may sign, by key ID.

    Keys of other kinds, those that were revoked, and those without a good signature of their own
    are omitted.
    """
    return {key.key_id: key for parts in _certificates(data) for key in _usable(parts)}


def _certificates(data: bytes) -> Iterator[list[_Part]]:
    parts: list[_Part] = []
    for tag, body in packets(data):
        if tag == PUBLIC_KEY:
            yield parts
            parts = []
        if tag == SIGNATURE and parts:
            parts[-1].signatures.append(signature(body))
        elif tag != SIGNATURE:
            parts.append(_Part(tag=tag, body=body, signatures=[]))
    yield parts


def _usable(parts: list[_Part]) -> Iterator[PublicKey]:
    """Yield the primary key and the subkeys that may sign."""
    primary = _public_key(parts[0].body) if parts and parts[0].tag == PUBLIC_KEY else None
    if primary is None:
        return
    good = [
        (part, each)
        for part in parts
        for each in part.signatures
        if is_good(each, _signed(parts[0], part), primary)
    ]
    own = [
        each
        for part, each in good
        if (part.tag == USER_ID and each.kind in _CERTIFICATIONS)
        or (part.tag == PUBLIC_KEY and each.kind == _DIRECT)
    ]
    if not own or any(each.kind == _KEY_REVOKED for _, each in good):
        return
    # A direct signature may be about something else, and is about the lifetime when it states one.
    stated = _newest(each for each in own if each.kind != _DIRECT or each.key_lifetime) or own[0]
    primary = _expiring(primary, stated)
    if stated.may_sign:
        yield primary
    for part in parts:
        about = [each for other, each in good if other is part]
        binding = _newest(each for each in about if each.kind == _BINDING)
        key = _public_key(part.body) if part.tag == SUBKEY else None
        if key is None or binding is None or any(e.kind == _SUBKEY_REVOKED for e in about):
            continue
        if binding.may_sign and _is_returned(binding, _signed(parts[0], part), key):
            key = _expiring(key, binding)
            ends = [each.expires for each in (key, primary) if each.expires]
            yield replace(key, expires=min(ends, default=0))


def _signed(primary: _Part, part: _Part) -> bytes:
    """Return what a signature on a part of a certificate is over (RFC 4880, 5.2.4)."""
    if part.tag == PUBLIC_KEY:
        return _framed(primary.body)
    if part.tag == SUBKEY:
        return _framed(primary.body) + _framed(part.body)
    return _framed(primary.body) + b"\xb4" + len(part.body).to_bytes(4, "big") + part.body


def _framed(body: bytes) -> bytes:
    return b"\x99" + len(body).to_bytes(2, "big") + body


def _newest(found: Iterable[Signature]) -> Signature | None:
    return max(found, key=lambda each: each.created, default=None)


def _is_returned(binding: Signature, signed: bytes, key: PublicKey) -> bool:
    """Tell whether the subkey has signed too that it belongs to the primary key."""
    if not binding.embedded:
        return False
    back = signature(binding.embedded)
    return back.kind == _BACK and is_good(back, signed, key)


def is_good(found: Signature, text: bytes, key: PublicKey) -> bool:
    """Check an RSA signature with PKCS#1 v1.5 padding by building the padded hash again."""
    if found.key_algorithm not in RSA or found.hash_algorithm not in HASHES:
        return False
    name, prefix = HASHES[found.hash_algorithm]
    trailer = b"\x04\xff" + len(found.hashed).to_bytes(4, "big")
    digest = prefix + hashlib.new(name, text + found.hashed + trailer).digest()
    size = (key.modulus.bit_length() + 7) // 8
    expected = b"\0\1" + b"\xff" * (size - 3 - len(digest)) + b"\0" + digest
    if found.value >= key.modulus:
        return False
    return pow(found.value, key.exponent, key.modulus).to_bytes(size, "big") == expected


@_cut_short()
def _public_key(body: bytes) -> PublicKey | None:
    if body[0] != _V4 or body[5] not in RSA:
        return None
    digest = hashlib.sha1(_framed(body), usedforsecurity=False)
    modulus, rest = _number(body[6:])
    return PublicKey(
        fingerprint=digest.hexdigest().upper(),
        modulus=modulus,
        exponent=_number(rest)[0],
        created=int.from_bytes(body[1:5], "big"),
    )


def _expiring(key: PublicKey, stated: Signature) -> PublicKey:
    return replace(key, expires=key.created + stated.key_lifetime if stated.key_lifetime else 0)


def _number(data: bytes) -> tuple[int, bytes]:
    """Split off a multiprecision integer: two octets of bit length, then its octets."""
    end = 2 + (int.from_bytes(data[:2], "big") + 7) // 8
    if len(data) < end:
        raise InputSyntaxError("an OpenPGP number is cut short")
    return int.from_bytes(data[2:end], "big"), data[end:]


@_cut_short()
def signature(body: bytes) -> Signature:
    """Read a signature packet; InputSyntaxError when its version is not 4."""
    if len(body) < 6 or body[0] != _V4:  # noqa: PLR2004
        raise InputSyntaxError("an OpenPGP signature that is not of version 4")
    end = 6 + int.from_bytes(body[4:6], "big")
    after = end + 2 + int.from_bytes(body[end : end + 2], "big")
    if after + 2 > len(body):
        raise InputSyntaxError("an OpenPGP signature is cut short")
    hashed, other = _subpackets(body[6:end]), _subpackets(body[end + 2 : after])
    issuer = (hashed.get(_ISSUER) or other.get(_ISSUER, b"")).hex()
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
        may_sign=_FLAGS not in hashed or bool(hashed[_FLAGS][:1] and hashed[_FLAGS][0] & _MAY_SIGN),
        embedded=hashed.get(_EMBEDDED) or other.get(_EMBEDDED, b""),
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
