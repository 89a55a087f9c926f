"""Connections as this machine is set up for them."""

from __future__ import annotations

import pytest

from jettison.processes.connections import distrusted


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("certificate verify failed: unable to get local issuer certificate", "SSL_CERT_FILE"),
        ("invalid peer certificate: UnknownIssuer", "SSL_CERT_FILE"),
        ("certificate verify failed: certificate is not yet valid", "clock"),
        ("certificate verify failed: certificate has expired", "clock"),
        ("invalid peer certificate: certificate not valid yet: NotValidYet", "clock"),
    ],
)
def test_what_to_do_depends_on_why_a_certificate_is_refused(why: str, told: str) -> None:
    assert told in distrusted(why)
