"""The bundle of certificate authorities, as ``update-ca-certificates`` writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jettison.oci.tar_writer import Member

BUNDLE = "etc/ssl/certs/ca-certificates.crt"
SOURCES = "usr/share/ca-certificates/"
# Where OpenSSL as Debian compiles it looks; the package "openssl" has these links.
_OPENSSL = "usr/lib/ssl"


def certificate_members(certificates: Mapping[str, bytes]) -> Iterator[Member]:
    """Yield the bundle and the links by which OpenSSL finds it.

    ``certificates`` are PEM files by path, such as the package ca-certificates has; the bundle
    holds them in order of their paths, each ended by a newline.
    """
    ordered = (certificates[path] for path in sorted(certificates))
    bundle = b"".join(pem if pem.endswith(b"\n") else pem + b"\n" for pem in ordered)
    yield Member.directory("etc/ssl")
    yield Member.directory("etc/ssl/certs")
    yield Member.file(BUNDLE, bundle)
    yield Member.directory(_OPENSSL)
    yield Member.symlink(f"{_OPENSSL}/certs", "/etc/ssl/certs")
    yield Member.symlink(f"{_OPENSSL}/cert.pem", f"/{BUNDLE}")
