"""Helpers that carry connections from this machine into the network of a container."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence

from msgspec import Struct, field

from jettison.errors import EngineError
from jettison.processes.programs import begin, helper

LOOPBACK = ("127.0.0.1", "::1")
_RELAY = "jettison.engines.embedded.relay"


class Relays(Struct):
    """The relays of one container, by its ports. Only the kernel of this machine has them."""

    ports: dict[int, int] = field(default_factory=dict)
    helpers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add(self, process: int, hosts: Sequence[str], ports: Sequence[int]) -> None:
        """Reach ports on the first of ``hosts`` that answers, where a process has its network.

        EngineError when there is no such network any more.
        """
        command = helper(_RELAY, str(process), ",".join(hosts), *map(str, ports))
        relay = begin(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.helpers.append(relay)
        told = relay.stdout.readline() if relay.stdout else b""
        if not told:
            raise EngineError(
                "the container has no address",
                why="its network could not be entered",
                hint="Look at what it wrote: it may have ended at once.",
            )
        self.ports |= zip(ports, json.loads(told), strict=True)

    def end(self) -> None:
        """End all of them."""
        for relay in self.helpers:
            relay.kill()
            relay.wait()
            if relay.stdout:
                relay.stdout.close()
