"""HTTP to a container on this machine: no proxy, no redirects, one connection for each request."""

from __future__ import annotations

import http.client
import string
from collections.abc import Mapping
from urllib.parse import quote

from jettison.verify.exchange.answer import Answer

_TIMEOUT = 60.0
_LIMIT = 32 * 2**20


def send(
    address: tuple[str, int],
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes = b"",
    *,
    timeout: float = _TIMEOUT,
) -> Answer:
    """Send one request and read the whole answer, up to 32 MiB.

    What an address may not hold as it is, such as umlauts and spaces, is sent as browsers send it.
    """
    connection = http.client.HTTPConnection(*address, timeout=timeout)
    try:
        asked = quote(target, safe=string.punctuation)
        connection.request(method, asked, body=body or None, headers=dict(headers))
        response = connection.getresponse()
        return Answer(
            status=response.status,
            headers={name.lower(): value for name, value in response.getheaders()},
            cookies=tuple(response.headers.get_all("Set-Cookie") or ()),
            body=response.read(_LIMIT),
        )
    except (OSError, http.client.HTTPException, ValueError) as failure:
        return Answer(status=0, failure=f"{type(failure).__name__}: {failure}")
    finally:
        connection.close()
