"""Commands of the user's own, run on this machine against a running container."""

from __future__ import annotations

import re
import time
from pathlib import Path

from jettison.errors import ProgramError
from jettison.process import run
from jettison.verify.exchange.answer import Answer, Exchange
from jettison.verify.request import ProbeCommand

ADDRESS = "JETTISON_URL"
"""The variable that tells a command where the application is, as ``http://127.0.0.1:32768``."""

_TIMEOUT = 300.0
_OK, _FAILED = 200, 500


def carry_out(command: ProbeCommand, address: tuple[str, int]) -> Exchange:
    """Run a command to its end; what it writes and how it ends are compared as an answer is.

    A status other than zero stands for an error of the server. What it says of the address is put
    in one form, because the port differs from run to run.
    """
    host, port = address
    url = f"http://{host}:{port}"
    place = Path(command.directory)
    try:
        done = run(command.words, timeout=_TIMEOUT, environment={ADDRESS: url}, directory=place)
    except ProgramError as failure:
        answer = Answer(status=_FAILED, failure=str(failure))
    else:
        said = re.sub(rf"(?<![\d.]){re.escape(host)}:{port}\b", "application", done.text)
        answer = Answer(
            status=_FAILED if done.status else _OK,
            headers={"content-type": "text/plain"},
            body=said.encode(),
            failure=f"ended with status {done.status}" if done.status else "",
            at=time.time(),
        )
    return Exchange(name=f"$ {command.text}", answer=answer)
