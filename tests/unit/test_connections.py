"""Connections as this machine is set up for them."""

from __future__ import annotations

import pytest
import urllib3
from urllib3.exceptions import HTTPError, ProtocolError, ProxyError

from jettison.processes.connections import distrusted, reason_of
from jettison.processes.patience import with_patience


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


def test_what_an_error_says_names_no_value_of_python() -> None:
    pool = with_patience(urllib3.PoolManager())
    with pytest.raises(HTTPError) as refused:
        pool.request("GET", "https://127.0.0.1:1/x", retries=False)
    assert reason_of(refused.value) == (
        "Failed to establish a new connection: [Errno 111] Connection refused"
    )
    tunnel = ProxyError("Unable to connect to proxy", OSError("Tunnel connection failed: 403 No"))
    assert reason_of(tunnel) == "Unable to connect to proxy: Tunnel connection failed: 403 No"
    broken = ProtocolError("Connection aborted.", ConnectionResetError(104, "Reset by peer"))
    assert reason_of(broken) == "Connection aborted: [Errno 104] Reset by peer"
