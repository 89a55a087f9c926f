"""An RSA key made by the tests, and clear-signed documents made with it."""

from __future__ import annotations

import base64
import hashlib
import random
from dataclasses import dataclass
from functools import cache

_PREFIX = bytes.fromhex("3051300d060960864801650304020305000440")
EXPONENT = 65537
_USER = b"Tests <tests@example.org>"


@dataclass(frozen=True)
class SigningKey:
    modulus: int
    private: int
    created: int = 1_000_000_000
    lifetime: int = 0

    @property
    def packet_body(self) -> bytes:
        numbers = _number(self.modulus) + _number(EXPONENT)
        return b"\x04" + self.created.to_bytes(4, "big") + b"\x01" + numbers

    @property
    def key_id(self) -> bytes:
        body = self.packet_body
        return hashlib.sha1(b"\x99" + len(body).to_bytes(2, "big") + body).digest()[-8:]

    def keyring(self) -> bytes:
        """The key with a user ID that it certifies."""
        user = b"\xb4" + len(_USER).to_bytes(4, "big") + _USER
        own = self.signature(_framed(self) + user, kind=0x13, extra=self._stated)
        return packet(6, self.packet_body) + packet(13, _USER) + packet(2, own)

    def with_subkey(
        self, subkey: SigningKey, *, binder: SigningKey | None = None, back: bool = True
    ) -> bytes:
        """The keyring with a subkey that ``binder`` binds, and that signs ``back`` or does not."""
        both = _framed(self) + _framed(subkey)
        extra = subkey._stated + _subpacket(27, b"\2")
        if back:
            extra += _subpacket(32, subkey.signature(both, kind=0x19))
        bound = (binder or self).signature(both, kind=0x18, extra=extra)
        return self.keyring() + packet(14, subkey.packet_body) + packet(2, bound)

    def revoked(self) -> bytes:
        """The keyring with a signature that revokes the key."""
        revocation = packet(2, self.signature(_framed(self), kind=0x20))
        key = packet(6, self.packet_body)
        return key + revocation + self.keyring().removeprefix(key)

    @property
    def _stated(self) -> bytes:
        return _subpacket(9, self.lifetime.to_bytes(4, "big")) if self.lifetime else b""

    def clearsigned(self, text: str, *, created: int = 1_700_000_000, hash_number: int = 10) -> str:
        lines = text.splitlines()
        signed = "\r\n".join(line.rstrip(" \t") for line in lines).encode()
        body = self.signature(signed, kind=1, created=created, hash_number=hash_number)
        escaped = (f"- {line}" if line.startswith("-") else line for line in lines)
        armor = base64.b64encode(packet(2, body)).decode()
        return "\n".join((
            "-----BEGIN PGP SIGNED MESSAGE-----", "Hash: SHA512", "", *escaped,
            "-----BEGIN PGP SIGNATURE-----", "", armor, "=AAAA", "-----END PGP SIGNATURE-----", "",
        ))  # fmt: skip

    def signature(
        self,
        text: bytes,
        *,
        kind: int,
        created: int = 1_000_000_000,
        extra: bytes = b"",
        hash_number: int = 10,
    ) -> bytes:
        """The body of a signature packet."""
        hashed = _subpacket(2, created.to_bytes(4, "big")) + extra
        head = bytes((4, kind, 1, hash_number)) + len(hashed).to_bytes(2, "big") + hashed
        digest = hashlib.sha512(text + head + b"\x04\xff" + len(head).to_bytes(4, "big")).digest()
        size = (self.modulus.bit_length() + 7) // 8
        padding = b"\xff" * (size - 3 - len(_PREFIX) - len(digest))
        padded = b"\0\1" + padding + b"\0" + _PREFIX + digest
        value = pow(int.from_bytes(padded, "big"), self.private, self.modulus)
        issuer = _subpacket(16, self.key_id)
        tail = len(issuer).to_bytes(2, "big") + issuer + digest[:2] + _number(value)
        return head + tail


@cache
def signing_key(seed: int = 1, *, lifetime: int = 0) -> SigningKey:
    """Make a key of 1024 bits, the same for the same seed; good for tests only."""
    chance = random.Random(seed)
    first, second = _prime(chance), _prime(chance)
    private = pow(EXPONENT, -1, (first - 1) * (second - 1))
    return SigningKey(modulus=first * second, private=private, lifetime=lifetime)


def _prime(chance: random.Random) -> int:
    while True:
        number = chance.getrandbits(512) | (3 << 510) | 1
        if number % EXPONENT != 1 and all(pow(base, number - 1, number) == 1 for base in (2, 3, 5)):
            return number


def _framed(key: SigningKey) -> bytes:
    return b"\x99" + len(key.packet_body).to_bytes(2, "big") + key.packet_body


def _number(value: int) -> bytes:
    bits = value.bit_length()
    return bits.to_bytes(2, "big") + value.to_bytes((bits + 7) // 8, "big")


def _subpacket(kind: int, body: bytes) -> bytes:
    return b"\xff" + (len(body) + 1).to_bytes(4, "big") + bytes((kind,)) + body


def packet(tag: int, body: bytes) -> bytes:
    return bytes((0xC0 | tag, 0xFF)) + len(body).to_bytes(4, "big") + body
