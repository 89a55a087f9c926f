"""Facts of distributions that are installed in an environment, read without running it."""

from __future__ import annotations

from importlib.metadata import Distribution, DistributionFinder, MetadataPathFinder
from pathlib import Path

from packaging.utils import canonicalize_name

from jettison.index.documents import facts_from
from jettison.index.facts import DistributionFacts, InstalledFile, Source
from jettison.index.metadata import Contents, parse_record

_TEXTS = ("entry_points.txt", "namespace_packages.txt")


def installed_distributions(environment: Path) -> dict[str, DistributionFacts]:
    """Facts by normalized name of all that is installed under a virtual environment.

    ``environment`` is a virtual environment or a folder of packages (``pip install --target``).
    What is broken there is left out. Sizes are those that RECORD states.
    """
    folders = [str(folder) for folder in site_packages(environment)]
    context = DistributionFinder.Context(path=folders)
    found: dict[str, DistributionFacts] = {}
    for distribution in MetadataPathFinder.find_distributions(context):
        facts = _facts(distribution, environment)
        if facts is not None:
            found.setdefault(facts.name, facts)
    return found


def site_packages(environment: Path) -> tuple[Path, ...]:
    """Folders of an environment that hold packages; the environment itself when it is one."""
    below = sorted(environment.glob("lib/python3*/site-packages"))
    windows = environment / "Lib" / "site-packages"
    found = [*below, *([windows] if windows.is_dir() else [])]
    return tuple(found) or (environment,)


def _facts(distribution: Distribution, environment: Path) -> DistributionFacts | None:
    metadata = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO")
    if not metadata or not canonicalize_name(distribution.metadata["Name"] or ""):
        return None
    texts = {name: distribution.read_text(name) or "" for name in _TEXTS}
    contents = Contents(files=_files(distribution), texts={"METADATA": metadata, **texts})
    source = f"RECORD in {environment.name}"
    return facts_from(contents, size_source=source, source=Source.ENVIRONMENT)


def _files(distribution: Distribution) -> tuple[InstalledFile, ...]:
    record = distribution.read_text("RECORD")
    if record is not None:
        return parse_record(record)
    # An old .egg-info names its files without their sizes.
    return tuple(InstalledFile(path=path.as_posix(), size=0) for path in distribution.files or ())
