"""The command-line client of docker and podman: commands, networks without a way out, relays."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from msgspec import Struct, field

from jettison.engines import ImageFacts, ImageID, Network, RunOptions, facts_of
from jettison.engines.limits import Call, Limits
from jettison.errors import EngineError, FullEngineError, ImageError
from jettison.images.config import Config
from jettison.processes import Completed, begin, helper, run
from jettison.values import replace

LABEL = "dev.jettison.run"
"""Carried by everything that Jettison makes in an engine; the value names the run."""

_UNITS = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_QUANTITY = re.compile(r"^([0-9.]+)\s*([A-Za-z]+)")
_TIMEOUT = 120.0
# What an engine says that can make nothing more, whatever the image is.
_FULL = {
    "address pool": "Remove networks that no container uses: `docker network prune`.",
    "[Nn]o space left on device": "Make room on the engine's disk, for example with "
    "`docker builder prune`, and run again.",
}


class Client(Struct, frozen=True, kw_only=True):
    """A client program that answers, and the run in whose name it works.

    ``direct`` says that this machine reaches the addresses of containers itself, so that no port
    needs to be published. ``apart`` says that they are not to reach this machine in turn, so that
    helpers enter their networks. ``shared`` says that the containers of a run have one network, and
    one file of names, in which all have the address of loopback. ``storage`` is where it keeps what
    containers write, if that is a folder of this machine. ``removal`` are the options of ``rm``
    that end a container at once and remove it with its volumes.
    """

    program: str
    version: str
    direct: bool
    apart: bool = False
    shared: bool = False
    storage: str = ""
    removal: tuple[str, ...] = ("--force", "--volumes")
    limits: Limits = field(default_factory=Limits)
    run_id: str = field(default_factory=lambda: uuid4().hex[:12])

    @property
    def label(self) -> str:
        """Give the label of this run, as ``name=value``."""
        return f"{LABEL}={self.run_id}"

    @property
    def place(self) -> str:
        """Say which engine the client talks to."""
        chosen = ("DOCKER_HOST", "DOCKER_CONTEXT", "CONTAINER_HOST")
        return " ".join((self.program, *(os.environ.get(name, "-") for name in chosen)))

    def ask(
        self,
        *verb: str,
        options: tuple[str, ...] = (),
        operands: tuple[str, ...] = (),
        stdin: bytes | IO[bytes] = b"",
        into: IO[bytes] | None = None,
        timeout: float | None = _TIMEOUT,
        environment: Mapping[str, str] | None = None,
    ) -> Completed:
        """Run the client and give what came, also when it failed. See ``Call`` for the words."""
        call = Call(verb=verb, options=options, operands=operands)
        command = (self.program, *call.words)
        return run(command, stdin=stdin, into=into, timeout=timeout, environment=environment)

    def call(
        self,
        *verb: str,
        failing: str,
        options: tuple[str, ...] = (),
        operands: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Run the client and give its output.

        Raises EngineError that says what was ``failing`` when the client fails.
        """
        done = self.ask(*verb, options=options, operands=operands, environment=environment)
        if done.status:
            why = _reason(done.error_text) or f"exit status {done.status}"
            if found := next((one for one in _FULL if re.search(one, why)), ""):
                raise FullEngineError(f"{self.program}: {failing}", why=why, hint=_FULL[found])
            raise EngineError(
                f"{self.program}: {failing}",
                why=why,
                hint=f"Run it yourself to look closer: {' '.join(done.command[:7])} …",
            )
        return done.text

    def remove_everything(self, run_id: str) -> None:
        """Remove every container, network and image with the label of a run, and no other."""
        labelled = ("--quiet", f"--filter=label={LABEL}={run_id}")
        for listing, removal, options in (
            (("ps", "--all", "--no-trunc"), ("rm",), self.removal),
            (("network", "ls"), ("network", "rm"), ()),
            (("image", "ls", "--no-trunc"), ("image", "rm"), ("--force",)),
        ):
            found = tuple(dict.fromkeys(self.ask(*listing, options=labelled).text.split()))
            if found:
                self.ask(*removal, options=options, operands=found)


def bytes_of(quantity: str) -> int:
    """Read ``12.5MiB`` or ``12.5MiB / 1GiB`` (the first counts). Raises EngineError otherwise."""
    found = _QUANTITY.match(quantity.strip())
    unit = _UNITS.get(found[2].lower()) if found else None
    if found is None or unit is None:
        raise EngineError(f"the engine gave a quantity that is not understood: {quantity!r}")
    return round(float(found[1]) * unit)


def image_facts(text: str) -> ImageFacts:
    """Read the JSON of ``image inspect`` for one image. Raises EngineError when it is not that."""
    try:
        document = json.loads(text)[0]
        config = {**(document.get("Config") or {})}
        # Podman writes the health check beside the rest, and in some versions words as one string.
        config["Healthcheck"] = config.get("Healthcheck") or document.get("Healthcheck")
        words = {name: config.get(name) for name in ("Entrypoint", "Cmd")}
        config |= {name: [one] for name, one in words.items() if one and isinstance(one, str)}
        rootfs = {"diff_ids": document["RootFS"].get("Layers")}
        facts = facts_of(Config.of({"config": config, "rootfs": rootfs}), document["Size"])
        return replace(facts, id=ImageID(f"sha256:{document['Id'].removeprefix('sha256:')}"))
    except (ImageError, ValueError, LookupError, TypeError, AttributeError) as wrong:
        raise EngineError(
            "the engine described an image in a way that is not understood",
            why=f"{type(wrong).__name__}: {wrong}",
            hint="Use a supported engine: Docker 23 or newer, Podman 4 or newer.",
        ) from wrong


def _reason(said: str) -> str:
    """Leave out where a client tells to find its manual."""
    return "\n".join(line for line in said.splitlines() if not line.startswith(_USAGE)).strip()


_USAGE = "See '"
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
