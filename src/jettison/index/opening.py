"""Opens the map with the machine's network, disk and settings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from jettison.index.client import Client
from jettison.index.map import DistributionMap, LockedRelease
from jettison.index.metadata import catalogued, requirement
from jettison.index.package_index import Index
from jettison.index.resolving import resolved
from jettison.index.settings import addressed, index_settings
from jettison.index.target import Target
from jettison.records import Records

# Raised when an answer is read in another way than before.
_LAYOUT = "v3"


def open_map(
    cache_folder: Path,
    target: Target,
    *,
    index_url: str | None = None,
    offline: bool = False,
    environment: Path | None = None,
    locked: Mapping[str, LockedRelease] | None = None,
    requirements: Iterable[Requirement] = (),
    bounds: Mapping[str, SpecifierSet] | None = None,
) -> DistributionMap:
    """Open the map; the index is asked for the exact versions of ``requirements`` alone.

    ``index_url`` is a simple index, by default the one that pip or uv would ask. ``environment``
    is a virtual environment whose distributions are used where their versions fit. ``locked``
    gives versions and wheels that a lock file states, by normalized name. With ``offline`` only
    the cache, the environment and the catalogue answer. ``bounds`` are constraints on versions.
    """
    installed = None
    if environment:
        from jettison.index.wheels import installed_distributions  # noqa: PLC0415 — slow

        installed = installed_distributions(environment)
    home = Path.home()
    settings = index_settings(os.environ, home=home)
    address = index_url or settings.url
    extra = () if index_url else settings.extra
    (url, *more), credentials = addressed((address, *extra), os.environ)
    client, cache = Client(credentials=credentials, settings=settings), kept_answers(cache_folder)
    index = Index(url=url, more=tuple(more), client=client, cache=cache, offline=offline)
    return DistributionMap(
        target=target,
        index=index,
        catalogue=catalogued(),
        installed=installed,
        locked=locked,
        resolution=resolved(
            requirements, bounds or {}, target, cache=cache, index=address, offline=offline
        ),
    )


def kept_answers(cache: Path) -> Records:
    """Give what indexes have answered, from the cache in a folder."""
    return Records(cache / "distributions" / _LAYOUT, read=lambda _, text: requirement(text))
