"""What the watched application did not load: modules that nothing reaches, byte code of others."""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from jettison.catalogue import table
from jettison.catalogue.applications import Loaders
from jettison.contents import Installed, module_name
from jettison.contents.links import on_demand
from jettison.contents.reach import Observed, source_of
from jettison.contents.standard_reach import unneeded_libraries
from jettison.plan import Finding, Plan
from jettison.plan.minimal_base import UNREACHED
from jettison.plan.removal import Group, OwnedFile
from jettison.plan.removal.listing import unproven
from jettison.plan.removing import group, removal, worthwhile
from jettison.rules.rule import Rule
from jettison.values import Evidence, replace

TRACE = "the trace"
NOT_WATCHED = "what nothing reaches is known when the image is watched: `jettison optimize -O3`"


def unreached_modules(plan: Plan) -> Iterator[Finding]:
    """Remove modules of distributions that nothing can reach.

    The image is run and watched while it answers the requests of the verification and while the
    project's tests run. From the modules that were touched, and from what the source and the
    settings of the application name, every import is followed: those within functions, those that
    may fail, names given as text, words in compiled modules, and entry points. The remaining code
    is what no run can load.

    Source: peps.python.org, PEP 578 (audit hooks), by which every Python process reports what it
    opens; man7.org, fanotify(7), by which the kernel reports what any process opens or runs, where
    permitted; docs.python.org, "The import system".

    Some packages load modules of theirs only when an attribute of that name is read (PEP 562). Such
    a module is removed where no remaining module writes that attribute behind the package's name,
    passes the package to a function, or imports everything from it.

    Safe: a package from which something imports by a computed name is kept whole, even where the
    trace loaded only one module of it. Data files are kept unless their distribution has no module
    that can be reached and nothing names it. Libraries that a wheel brings beside its packages
    (auditwheel's `.libs`) are removed when no remaining library is linked to them. Metadata,
    licences, entry points and all other shared libraries are kept. The report lists kept files that
    nothing was seen to use. The import of a removed module fails with a message that names
    Jettison, the reason, and the line to write to keep it.
    """
    if plan.observed is None or not plan.observed.traced:
        tried = any(skipped.what == TRACE for skipped in plan.learned)
        advice = Finding.advice(NOT_WATCHED)
        yield from () if tried else (advice,)
        return
    leaving = _leaving_files(plan.observed) - plan.overrides.kept.keys()
    groups = tuple(_groups(plan, leaving))
    yield from removal(
        plan,
        UNREACHED,
        "modules that nothing reaches",
        groups,
        _evidence(plan.observed),
        unproven=unproven(plan.observed, leaving),
    )


def _leaving_files(observed: Observed) -> frozenset[str]:
    """Give the files below site-packages that leave, byte code not counted."""
    installed = observed.installed
    unused = frozenset(_unused_distributions(observed))
    found: set[str] = set()
    for path in installed.files:
        name = module_name(path)
        if name:
            if name not in observed.reach.modules:
                found.add(path)
        elif installed.owners.get(path) in unused and not _stays(path):
            found.add(path)
    if observed.system:
        found |= unneeded_libraries(installed, observed.reach, observed.trace, observed.system)
    return frozenset(found)


def _unused_distributions(observed: Observed) -> Iterator[str]:
    """Name the distributions of which no file was touched and no module can be reached."""
    installed = observed.installed
    used = {installed.owners.get(installed.modules.files[name]) for name in observed.reach.modules}
    inside = f"{installed.site}/"
    for path in observed.trace.touched:
        if path.startswith(inside) and ".dist-info/" not in path:
            used.add(installed.owners.get(source_of(path.removeprefix(inside))))
    with_modules = {installed.owners.get(path) for path in installed.modules.files.values()}
    for name in with_modules - used - table(Loaders).read_by_others.keys():
        if name:
            yield name


def _stays(path: str) -> bool:
    return ".dist-info/" in path or ".libs/" in path or "licen" in path.lower() or ".pth" in path


def _groups(plan: Plan, leaving: frozenset[str]) -> Iterator[Group]:
    """Give one group for each distribution, the heaviest first."""
    installed = plan.observed.installed if plan.observed else None
    if installed is None:
        return
    every = [path for path in installed.files if not path.endswith(".pyc")]
    owned: dict[str, list[OwnedFile]] = {}
    for path in leaving:
        owner = installed.owners.get(path)
        if owner:
            file = OwnedFile(path=path, distribution=owner, size=installed.files[path])
            owned.setdefault(owner, []).append(file)
    compiled = _bytecode_sizes(installed)
    found = [
        _on_demand(each, late, installed) if late else each
        for owner, files in owned.items()
        for late, some in _parted(files).items()
        for each in [_group(plan, owner, some, every, compiled)]
    ]
    # All of them, however small: one that stayed would keep what it imports.
    yield from sorted(found, key=lambda one: (-one.bytes, one.distribution))


def _group(
    plan: Plan,
    owner: str,
    files: list[OwnedFile],
    every: Collection[str],
    compiled: Mapping[str, int],
) -> Group:
    made = group(
        f"modules of {plan.contents.label(owner)} that nothing reaches",
        sorted(files, key=lambda file: file.path),
        every=every,
        whole=lambda _: True,
    )
    size = sum(file.size + compiled.get(file.path, 0) for file in files)
    return replace(made, bytes=size, source_bytes=0)


def _parted(files: Iterable[OwnedFile]) -> Mapping[str, list[OwnedFile]]:
    """Part files by the package that loads them when an attribute is read, if one does."""
    found: dict[str, list[OwnedFile]] = {}
    for file in files:
        package, _, inner = file.path.partition("/")
        late = inner.removesuffix(".py").partition("/")[0] in on_demand(package)
        found.setdefault(package if late else "", []).append(file)
    return found


def _on_demand(made: Group, package: str, installed: Installed) -> Group:
    """Remove such modules together: that their package would load them does not keep them."""
    programs = (
        f"/bin/{point.name}"
        for point in installed.entry_points
        if point.group == "console_scripts"
        and any(f"{point.module}.".startswith(f"{package}.{name}.") for name in on_demand(package))
    )
    known = table(Loaders).on_demand[package]
    return replace(
        made,
        reason=f"{made.reason} nor asks {package} for",
        paths=(*made.paths, *programs),
        together=True,
        not_counting=known.not_counting,
    )


def _bytecode_sizes(installed: Installed) -> Mapping[str, int]:
    """Give the bytes of the byte code of each source file."""
    sizes: Counter[str] = Counter()
    for path, size in installed.files.items():
        if source_of(path) != path:
            sizes[source_of(path)] += size
    return sizes


def _evidence(observed: Observed) -> Iterator[Evidence]:
    trace, reach = observed.trace, observed.reach
    yield Evidence.of("trace", f"{len(trace.touched)} files were touched, seen by {trace.method}")
    yield Evidence.of(
        "imports",
        f"{len(reach.modules)} of {len(observed.installed.modules.files)} modules can be "
        f"reached; {len(reach.unsure)} of them are kept because something imports by names that "
        "are made at run time",
    )


UNREACHED_MODULES = Rule.of(UNREACHED, unreached_modules, level=3)


_SUFFIX = ".pyc"


def unloaded_bytecode(plan: Plan) -> Iterator[Finding]:
    """Remove bytecode of modules that the application did not load.

    Installers compile every module, and the byte code weighs as much as the source. A server loads
    less than half of it. A module without byte code works as before: Python compiles it when it is
    imported, which takes some milliseconds once.

    Source: docs.python.org, "Cached byte-code"; peps.python.org, PEP 3147.

    Safe: no module is removed, and everything loaded while the image answered its requests keeps
    its bytecode, so that it starts as fast as before.
    """
    if plan.observed is None or not plan.observed.traced:
        return
    groups = tuple(_unloaded_groups(plan, plan.observed))
    evidence = Evidence.of("trace", f"loaded modules were seen by {plan.observed.trace.method}")
    yield from removal(
        plan,
        "unloaded-bytecode",
        "compiled forms of modules that were not loaded",
        groups,
        (evidence,),
    )


def _unloaded_groups(plan: Plan, observed: Observed) -> Iterator[Group]:
    installed = observed.installed
    unloaded = _unloaded(observed)
    owned: dict[str, list[str]] = defaultdict(list)
    for path in unloaded:
        owner = installed.owners.get(source_of(path))
        if owner:
            owned[owner].append(path)
    found = [
        Group(
            distribution=owner,
            reason=f"byte code of {plan.contents.label(owner)} that was not loaded",
            paths=tuple(_folded(paths, installed.files)),
            bytes=sum(installed.files[path] for path in paths),
        )
        for owner, paths in owned.items()
    ]
    yield from worthwhile(found)


def _unloaded(observed: Observed) -> frozenset[str]:
    """Give the byte code below site-packages whose module was not loaded and stays."""
    installed = observed.installed
    inside = f"{installed.site}/"
    loaded = {
        source_of(path.removeprefix(inside))
        for path in observed.trace.served
        if path.startswith(inside)
    }
    leaving = _leaving_files(observed)
    return frozenset(
        path
        for path in installed.files
        if path.endswith(_SUFFIX)
        and "__pycache__/" in path
        and source_of(path) not in loaded
        and source_of(path) not in leaving
        and source_of(path) in installed.files
    )


def _folded(paths: Iterable[str], every: Mapping[str, int]) -> Iterator[str]:
    """Give folders of byte code of which all leaves, and patterns for the rest, sorted."""
    leaving: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        leaving[posixpath.dirname(path)].add(path)
    present: dict[str, set[str]] = defaultdict(set)
    for path in every:
        if path.endswith(_SUFFIX):
            present[posixpath.dirname(path)].add(path)
    for folder, found in sorted(leaving.items()):
        if found == present[folder]:
            yield f"{folder}/"
        else:
            names = {posixpath.basename(path).partition(".")[0] for path in found}
            yield from (f"{folder}/{name}.*{_SUFFIX}" for name in sorted(names))


UNLOADED_BYTECODE = Rule.of("unloaded-bytecode", unloaded_bytecode, level=3)
