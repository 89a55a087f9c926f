"""Documents that carry their own signature (RFC 4880, chapter 7), verified without any program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jettison.errors import InputSyntaxError, IntegrityError
from jettison.index.debian.openpgp import (
    HASHES,
    RSA,
    SIGNATURE,
    PublicKey,
    Signature,
    dearmored,
    is_good,
    packets,
    signature,
)

_BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
_END = "-----END PGP SIGNATURE-----"
_DOCUMENT_KINDS = frozenset({0, 1})  # binary document, text document


def verified(document: str, keys: Mapping[str, PublicKey], *, now: int) -> str:
    """Return the signed text of a clear-signed document, its lines joined with newlines.

    ``keys`` are the trusted keys by key ID; one good signature by any of them is enough, as it is
    for apt. ``now`` is seconds since 1970: an expired key or signature does not count. Text
    outside the signature is refused. Raises IntegrityError when no signature is good.
    """
    lines, armor = _parts(document)
    text = "\r\n".join(line.rstrip(" \t") for line in lines).encode()
    reasons = []
    for found in _signatures(armor):
        reason = _refusal(found, text, keys.get(found.issuer), now)
        if reason is None:
            return "\n".join(lines) + "\n"
        reasons.append(f"{found.issuer}: {reason}")
    raise IntegrityError(
        "the signature is not good",
        why="; ".join(reasons) or "there is no signature that can be read",
        hint="Use another mirror, or update Jettison when the archive has new keys.",
    )


def _parts(document: str) -> tuple[list[str], list[str]]:
    """Split into the signed lines, unescaped, and the lines of the signature's armor."""
    lines = document.rstrip().splitlines()
    if not lines or lines[0] != _BEGIN or lines[-1] != _END or lines.count(_SIGNATURE) != 1:
        raise IntegrityError("it is not one clear-signed document")
    middle = lines.index(_SIGNATURE)
    if "" not in lines[:middle]:
        raise IntegrityError("it is not one clear-signed document")
    body = lines[lines.index("") + 1 : middle]
    if any(line.startswith("-") and not line.startswith("- ") for line in body):
        raise IntegrityError("it holds more than one signed text")
    return [line.removeprefix("- ") for line in body], lines[middle + 1 : -1]


def _signatures(armor: list[str]) -> Iterator[Signature]:
    """Yield what can be read; others cannot make a document good."""
    try:
        found = [body for tag, body in packets(dearmored(armor)) if tag == SIGNATURE]
        for body in found:
            yield signature(body)
    except InputSyntaxError:
        return


def _refusal(found: Signature, text: bytes, key: PublicKey | None, now: int) -> str | None:
    """Say why a signature does not count, None when it is good."""
    if key is None:
        return "not one of the trusted keys"
    if found.key_algorithm not in RSA or found.kind not in _DOCUMENT_KINDS:
        return "not an RSA signature of a document"
    if found.hash_algorithm not in HASHES:
        return "made with a hash that is not trusted"
    if 0 < key.expires <= now:
        return "the key has expired"
    if 0 < found.expires <= now:
        return "the signature has expired"
    return None if is_good(found, text, key) else "the text is not what was signed"
