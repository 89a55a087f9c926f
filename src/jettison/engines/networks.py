"""Networks of containers, which have no way out."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jettison.engines.client import LOOPBACK, Client
from jettison.engines.engine import Network, RunOptions


def make_network(client: Client) -> str:
    """Make a network without a way out; where a port must be published, not an internal one."""
    name = f"jettison-{client.run_id}-{time.monotonic_ns():x}"
    masquerade = "com.docker.network.bridge.enable_ip_masquerade"
    closed = ["--internal" if client.direct else f"--opt={masquerade}=false"]
    if client.shared:
        # For its name server the bridge would have an address.
        closed.append("--disable-dns")
    elif client.apart:
        # Without it the bridge has an address, at which containers reach services of this machine.
        closed.append("--opt=com.docker.network.bridge.inhibit_ipv4=true")
    client.call(
        "network", "create",
        options=(f"--label={client.label}", *closed),
        operands=(name,), failing="no network was made",
    )  # fmt: skip
    return name


def network_arguments(client: Client, options: RunOptions, network: str) -> Iterator[str]:
    """Give the options that join a network that was made, or else that of another container."""
    if options.network is Network.NONE:
        yield "--network=none"
        return
    if client.shared and options.beside:
        yield from _joining(client, options)
        return
    joined = network or _network_of(client, options.beside)
    yield f"--network={joined}"
    if client.shared and options.alias:
        yield f"--add-host={options.alias}:{LOOPBACK[0]}"
    elif options.alias:
        yield f"--network-alias={options.alias}"
    if not client.direct:
        # the engine's resolver would ask this machine's name servers
        yield "--dns=127.0.0.1"
        yield from (f"--publish=127.0.0.1::{port}" for port in options.ports)


def _joining(client: Client, options: RunOptions) -> Iterator[str]:
    """Join the network of another container, and its file of names with the names of this one."""
    own = f"jettison-{time.monotonic_ns():x}"
    hosts = Path(str(inspected(client, options.beside, "{{json .HostsPath}}")))
    with hosts.open("a", encoding="utf-8") as file:
        file.write(f"{LOOPBACK[0]}\t{own} {options.alias}\n")
    yield from (f"--network=container:{options.beside}", f"--hostname={own}")


def _network_of(client: Client, identifier: str) -> str:
    return str(next(iter(inspected(client, identifier, "{{json .NetworkSettings.Networks}}"))))


def inspected(client: Client, identifier: str, template: str) -> dict[str, Any]:
    """Return a part of what the engine tells of a container. EngineError when it is gone."""
    shown = client.call(
        "container", "inspect",
        options=(f"--format={template}",), operands=(identifier,), failing="a container is gone",
    )  # fmt: skip
    document: dict[str, Any] = json.loads(shown)
    return document
