"""The layers of an environment: large distributions each in their own, the others together."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from jettison.builder import FIXED_TIME, Pin
from jettison.builder.distribution import (
    Treatment,
    installed_members,
    installed_paths,
)
from jettison.builder.foundation import FoundationLayer, layer_of
from jettison.builder.libraries import wheel_libraries
from jettison.builder.wheel import Scheme, Wheel
from jettison.builder.wheel_listing import damaged
from jettison.images.config import History
from jettison.images.stores.blobs import Segment, SegmentCache
from jettison.images.tar_writer import Member
from jettison.processes.concurrent import mapped
from jettison.records import Records
from jettison.values import folders_above, replace

# Raised when the same wheel is installed differently.
_FORMAT = "3"
# Docker's storage holds 127 layers, but each costs a request and a mount. Besides those of the base
# and of heavy distributions there are one of the other distributions and one of the application.
_MOST_LAYERS = 10
_OTHERS = 2
_MOST_HEAVY = 4
_HEAVY = 10_000_000


class Method(Struct, frozen=True, kw_only=True):
    """How distributions are installed; ``identity`` says so in cache keys.

    ``known`` are the directories that the base has.
    """

    scheme: Scheme
    treatment: Treatment
    identity: str
    known: frozenset[str]
    owner: tuple[int, int] = (0, 0)


class Packed(Struct, frozen=True, kw_only=True):
    """A distribution as a segment of a layer, and the directories that its files need."""

    pin: Pin
    folders: tuple[str, ...]
    segment: Segment


def packed(
    pins: Sequence[Pin], wheels: Mapping[str, Path], method: Method, cache: SegmentCache
) -> tuple[Packed, ...]:
    """Install every wheel into a segment, two at a time; those in the cache are not made again.

    A path that several distributions bring is that of the last one by name.
    """
    listed = {
        pin.name: paths_of(pin, wheels[pin.name], method.scheme, cache.records) for pin in pins
    }
    _require_apart(listed, {pin.name: pin.filename for pin in pins}, method.scheme)
    hidden = _hidden(listed)

    def made(pin: Pin) -> Packed:
        paths = frozenset(listed[pin.name])
        gone = hidden.get(pin.name, frozenset()) | (method.treatment.removed & paths)
        compiled = method.treatment.compiled
        treatment = replace(
            method.treatment,
            removed=gone,
            compiled=None if compiled is None else compiled & paths,
            links={path: file for path, file in method.treatment.links.items() if path in paths},
        )
        return _packed(pin, wheels[pin.name], replace(method, treatment=treatment), cache)

    with ThreadPoolExecutor(max(1, min(4, os.cpu_count() or 1))) as pool:
        # The largest first, so that none is left over at the end.
        ordered = sorted(pins, key=lambda pin: -(pin.size or 0))
        done = {each.pin.name: each for each in pool.map(made, ordered)}
    return tuple(done[pin.name] for pin in pins)


def layers(
    found: Sequence[Packed],
    own: Iterable[Member],
    method: Method,
    cache: SegmentCache,
    *,
    below: int,
    shared: Sequence[Sequence[str]] | None = None,
) -> Iterator[tuple[FoundationLayer, History]]:
    """Yield the layers, the heaviest distributions first by name, then all others.

    ``own`` are the files that make the environment, ``below`` the count of layers of the base.
    ``shared`` names the distributions of each layer instead, the last of which takes all others.
    """  # fmt: skip
    apart = _heavy(found, below) if shared is None else _named(found, shared[:-1])
    rest = [each for each in found if not any(each in layer for layer in apart)]
    members = tuple(own)
    wanted: list[tuple[list[Packed], tuple[Member, ...], str]] = [
        (layer, (), ", ".join(f"{each.pin.name} {each.pin.version}" for each in layer))
        for layer in apart
    ]
    if rest or members:
        wanted.append((rest, members, f"{len(rest)} distributions"))
    yield from mapped(wanted, lambda each: _layer(each[0], each[1], method, cache, each[2]))


def _heavy(found: Sequence[Packed], below: int) -> list[list[Packed]]:
    by_size = sorted(found, key=lambda each: -each.segment.size)
    room = max(0, min(_MOST_HEAVY, _MOST_LAYERS - below - _OTHERS))
    heavy = [each for each in by_size if each.segment.size >= _HEAVY][:room]
    return [[each] for each in sorted(heavy, key=lambda one: one.pin.name)]


def _named(found: Sequence[Packed], names: Iterable[Sequence[str]]) -> list[list[Packed]]:
    known = {each.pin.name: each for each in found}
    layers = ([known[name] for name in layer if name in known] for layer in names)
    return [layer for layer in layers if layer]


def _layer(
    found: Sequence[Packed], own: tuple[Member, ...], method: Method, cache: SegmentCache,
    what: str,
) -> tuple[FoundationLayer, History]:  # fmt: skip
    folders = {path for each in found for path in each.folders}
    folders |= folders_above(member.entry.path for member in own)
    first = [_finished(Member.directory(path), method) for path in folders - method.known]
    first += [_finished(member, method) for member in own]
    segment = cache.pack(first)
    history = History(created_by=f"jettison: {what}")
    return layer_of((segment, *(each.segment for each in found)), cache), history


def _finished(member: Member, method: Method) -> Member:
    return member.owned(*method.owner).dated(FIXED_TIME)


def paths_of(pin: Pin, file: Path, scheme: Scheme, records: Records) -> tuple[str, ...]:
    """Return the paths of the files that a wheel installs; they are remembered."""

    def read() -> tuple[str, ...]:
        with closing(Wheel.of(pin, file, scheme)) as wheel:
            return installed_paths(wheel)

    words = ("installed paths", _FORMAT, pin.sha256, repr(scheme))
    return records.kept(tuple[str, ...], read, *words)


def _require_apart(
    listed: Mapping[str, tuple[str, ...]], files: Mapping[str, str], scheme: Scheme
) -> None:
    """Refuse a file in place of a folder or of the interpreter; no installer makes one of those."""
    owners = {path: name for name, paths in listed.items() for path in paths}
    folders = folders_above((*owners, f"{scheme.packages}/any", f"{scheme.scripts}/any"))
    names = ("python", "python3", f"python{scheme.python}")
    taken = {f"{scheme.scripts}/{name}" for name in names}
    for path in sorted(owners.keys() & (folders | taken)):
        what = "the interpreter" if path in taken else "a folder"
        raise damaged(files[owners[path]], f"it has the file {path} in place of {what}")


def _hidden(listed: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    """Return the paths of each distribution that a later one brings too."""
    owners: dict[str, str] = {}
    hidden: dict[str, set[str]] = {}
    for name in sorted(listed):
        for path in listed[name]:
            if path in owners:
                hidden.setdefault(owners[path], set()).add(path)
            owners[path] = name
    return {name: frozenset(paths) for name, paths in hidden.items()}


def _packed(pin: Pin, file: Path, method: Method, cache: SegmentCache) -> Packed:
    treatment = method.treatment
    how = (repr(method.scheme), method.identity, repr(method.owner), _digest(treatment.removed))
    chosen = "all" if treatment.compiled is None else _digest(treatment.compiled)
    links = _digest(frozenset("\n".join(pair) for pair in treatment.links.items()))
    key = "\n".join(("wheel", _FORMAT, pin.sha256, *how, chosen, links))
    known, folders = cache.get(key), cache.records.get(tuple[str, ...], "folders", key)
    if known is not None and folders is not None:
        return Packed(pin=pin, folders=folders, segment=known)
    with closing(Wheel.of(pin, file, method.scheme)) as wheel:
        libraries = wheel_libraries(pin, file, cache.records)
        members = installed_members(wheel, treatment, libraries)
        empty = (f"{folder}/." for folder in wheel.folders)
        found = tuple(sorted(folders_above((*(m.entry.path for m in members), *empty))))
        segment = cache.put(key, [member.owned(*method.owner) for member in members])
    cache.records.put(found, "folders", key)
    return Packed(pin=pin, folders=found, segment=segment)


def _digest(paths: frozenset[str]) -> str:
    return hashlib.sha256("\0".join(sorted(paths)).encode()).hexdigest() if paths else ""
