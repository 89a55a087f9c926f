"""Cases of rules: one text file with a project, what is found in it, and what becomes of it.

    Why: the reason that the case exists.
    Rules: the rules that are run, by name; without this line the rule that the folder is named
        after; `all` runs every rule.
    Level: 2
    Service: web
    Base: alpine
    Composed: netbase libc6
    Debug: yes
    Watched: no
    Manual: curl git
    Site: /usr/local/lib/python3.11/site-packages

    === project: Dockerfile
    FROM python:3.12
    …
    === wheel: numpy 2.4.6
    numpy/__init__.py 25000
    numpy/tests/test_numpy.py 48000
    numpy/one.bin 48000 = noise
    numpy/two.bin 48000 = noise
    === installed: numpy
    numpy/__init__.py 25000 touched
    === source: numpy/__init__.py
    import numpy.core
    === findings
    …
    === changes
    …

    === system: coreutils 9.7 libacl1
    /usr/bin/cp 150000 needs libacl.so.1
    /usr/bin/ls 150000
    /bin -> usr/bin

Files of one wheel with the same word behind `=` have the same content. `=== installed` is what a
watched image holds of a distribution, `=== source` the text of one of its files; paths are below
site-packages, or absolute. `=== system` is a package of the watched image with what it depends on
or recommends (`less?`), `-` what belongs to none. `touched` marks a file that the trace saw.
`Composed` names the packages of a composed base for Python 3.13; `Debug` asks for a target with a
shell. With `Watched: no` the image was read and not watched; `Manual` are packages that the user
asked for, `Site` is where its distributions are. What follows
`=== findings` is written by `make golden` and read by people.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from msgspec.structs import replace
from packaging.requirements import Requirement

from jettison.catalogue import removal_hook, removal_script
from jettison.contents import Installed, StandardLibrary, Trace
from jettison.contents.links import links_of
from jettison.contents.reach import Observed, Reach, reached
from jettison.contents.standard_reach import reached_standard
from jettison.contents.system import System, SystemPackage
from jettison.formats.own_settings import Ask, BaseOverride
from jettison.index import DistributionFacts, InstalledFile, Source
from jettison.index.graph import Closure, requirement_graph
from jettison.index.target import Target
from jettison.plan import FileChange, Finding, Plan
from jettison.plan.brought_by_base import with_observed
from jettison.plan.minimal_base import ArchiveFile, Composition
from jettison.plan.removal import contents_of, overrides_of
from jettison.plan.removal.listing import SORTING
from jettison.plan.removal.listing import SYSTEM_SCRIPT as SCRIPT
from jettison.rules import RULES, Rule
from jettison.rules.rule import optimized
from jettison.tasks.loading import Planned, planned
from jettison.tasks.loading.usage import given_names, used_words
from jettison.values import Basis, Evidence, Size

# 24 November 2026
TODAY = "1795478400"
FOLDER = Path(__file__).parents[1] / "rules" / "cases"
FIELD = re.compile(r"(Why|Rules|Level|Service|File|Base|Composed|Debug|Watched|Manual|Site): ?")
SECTION = re.compile(r"^=== (?P<title>.+)\n", re.MULTILINE)
PROJECT = "project: "
WHEEL = "wheel: "
INSTALLED = "installed: "
SOURCE = "source: "
SYSTEM = "system: "
SITE = "/opt/venv/lib/python3.11/site-packages"
LIBRARY = "/usr/local/lib/python3.11"
UNENDED = " (no line feed at the end)"
EXECUTABLE = " (executable)"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A parsed case; ``head`` is its text above the first section, ``expected`` below the files."""

    path: Path
    head: str
    files: dict[str, str]
    wheels: tuple[DistributionFacts, ...]
    installed: dict[str, str]
    sources: dict[str, str]
    system: dict[str, str]
    executable: frozenset[str]
    written: str
    expected: str

    @property
    def name(self) -> str:
        """The rule and the case."""
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that the case runs, in their own order."""
        names = self.field("Rules").split() or [self.path.parent.name]
        if names == ["all"]:
            return RULES
        unknown = set(names) - {rule.name for rule in RULES}
        assert not unknown, f"{self.path}: no rule {unknown}"
        return tuple(rule for rule in RULES if rule.name in names)

    def field(self, name: str) -> str:
        """The value of a line of the head, its continuation lines joined."""
        parts = FIELD.split(self.head)
        found = dict(zip(parts[1::2], parts[2::2], strict=True))
        return " ".join(found.get(name, "").split())

    def start(self, folder: Path, *, level: int | None = None) -> Planned:
        """Write the project below a folder and plan it, without network and with no cache."""
        root = folder / "project"
        for path, text in self.files.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode())
            if path in self.executable:
                place.chmod(0o755)
        with patch.dict(os.environ, SOURCE_DATE_EPOCH=TODAY):
            return planned(
                root,
                dockerfile=self.field("File") or None,
                service=self.field("Service") or None,
                level=int(self.field("Level") or 2) if level is None else level,
                offline=True,
                cache=folder / "cache",
                base=BaseOverride(reference=self.field("Base")),
            )

    def plan(self, found: Planned) -> Plan:
        """The plan after the rules of the case, which was started."""
        plan = with_wheels(found, self.wheels) if self.wheels else found.start
        if self.field("Composed"):
            plan = replace(plan, composition=composition(self.field("Composed").split()))
        plan = replace(plan, debug=bool(self.field("Debug")))
        if self.installed or self.system:
            plan = with_observed(plan, self.observed(plan))
        return optimized(plan, self.rules, without=plan.settings.without)

    @property
    def site(self) -> str:
        """The folder of the watched image's distributions."""
        return self.field("Site") or SITE

    def observed(self, plan: Plan) -> Observed:
        """What a watched image would have shown."""
        rows = [
            (name, *line.split())
            for name, body in self.installed.items()
            for line in body.splitlines()
        ]
        inner = {path: (name, int(size)) for name, path, size, *_ in rows if path[0] != "/"}
        touched = {path for _, path, _, *marks in rows if marks}
        installed = Installed(
            site=self.site,
            library=LIBRARY,
            files={path: size for path, (_, size) in inner.items()},
            owners={path: name for path, (name, _) in inner.items()},
            entry_points=(),
            sources={
                path: self.sources.get(path, "").encode() for path in inner if path.endswith(".py")
            },
            words={},
            application={f"/app/{path}": text.encode() for path, text in self.files.items()},
            standard=self._standard(),
        )
        seen = (line for body in self.system.values() for line in body.splitlines())
        touched |= {line.split()[0] for line in seen if " touched" in line}
        served = frozenset(path if path[0] == "/" else f"{self.site}/{path}" for path in touched)
        if self.field("Watched") == "no":
            return self._unwatched(installed)
        trace = Trace(served=served)
        reach = reached(installed, trace, plan.overrides.kept)
        kept = [override.text for override in plan.settings.overrides if override.ask is Ask.KEEP]
        return Observed(
            installed=installed,
            trace=trace,
            reach=reach,
            standard=reached_standard(installed, trace, reach, kept),
            system=self._system(),
        )

    def _unwatched(self, installed: Installed) -> Observed:
        """What the layers of an image that nobody watched would have shown."""
        modules = dict.fromkeys(installed.modules.files, "it is installed")
        programs = {
            name: path
            for path, source in installed.sources.items()
            for name in links_of(source).programs
        }
        return Observed(
            installed=installed,
            trace=Trace(served=frozenset(), method=""),
            reach=Reach(modules=modules, unsure=frozenset(), programs=programs),
            system=self._system(),
            python="/usr/local/bin/python3.11",
        )

    def _standard(self) -> StandardLibrary | None:
        """The files of the standard library among those of no package."""
        lines = (line.split() for line in self.system.get("-", "").splitlines())
        start = f"{LIBRARY}/"
        files = {p.removeprefix(start): int(size) for p, size, *_ in lines if p.startswith(start)}
        sources = {path: self.sources.get(start + path, "").encode() for path in files}
        return StandardLibrary(files=files, sources=sources, words={}) if files else None

    def _system(self) -> System | None:
        """What lies around the environment of the watched image."""
        packages, links = {}, {}
        files = {
            f"{self.site}/{path}": int(line.split()[1])
            for body in self.installed.values()
            for line in body.splitlines()
            for path in [line.split()[0]]
        }
        libraries: dict[str, tuple[str, ...]] = {}
        for title, body in self.system.items():
            name, *rest = title.split()
            for line in body.splitlines():
                path, value, *marks = line.split()
                if value == "->":
                    links[path] = marks[0]
                    continue
                files[path] = int(value)
                if "needs" in marks or ".so" in path:
                    libraries[path] = tuple(
                        marks[marks.index("needs") + 1 :] if "needs" in marks else ()
                    )
            if name != "-":
                packages[name] = SystemPackage(
                    name=name,
                    needs=tuple((each,) for each in rest[1:] if not each.endswith("?")),
                    recommends=tuple((each[:-1],) for each in rest[1:] if each.endswith("?")),
                    paths=frozenset(_paths(body)),
                )
        if not self.system:
            return None
        environment = {"PATH": "/opt/venv/bin:/usr/local/bin:/usr/bin", "PYTHON_VERSION": "3.11.9"}
        return System(
            files=files,
            links=links,
            libraries=libraries,
            packages=packages,
            environment=environment,
            manual=frozenset(self.field("Manual").split()),
        )

    def text(self, plan: Plan) -> str:
        """The whole case with what was found in it now."""
        found = "".join(finding_text(item) for item in plan.findings) or "none\n"
        changes = "".join(change_text(item) for item in plan.files) or "none\n"
        return f"{self.head}{self.written}=== findings\n{found}=== changes\n{changes}"


def read_case(path: Path) -> Case:
    """Parse a case."""
    text = path.read_text(encoding="utf-8")
    head, *parts = SECTION.split(text)
    files: dict[str, str] = {}
    executable: set[str] = set()
    wheels: list[DistributionFacts] = []
    installed: dict[str, str] = {}
    sources: dict[str, str] = {}
    system: dict[str, str] = {}
    written = ""
    for title, body in zip(parts[::2], parts[1::2], strict=True):
        if title.startswith(PROJECT):
            name = title.removeprefix(PROJECT)
            if EXECUTABLE in name:
                name = name.replace(EXECUTABLE, "")
                executable.add(name)
            unended = name.endswith(UNENDED)
            name = name.removesuffix(UNENDED)
            files[name] = body.removesuffix("\n") if unended else body
            written += f"=== {title}\n{body}"
        elif title.startswith(WHEEL):
            wheels.append(_wheel(title.removeprefix(WHEEL), body))
            written += f"=== {title}\n{body}"
        elif title.startswith((INSTALLED, SOURCE, SYSTEM)):
            kind, _, name = title.partition(": ")
            {"installed": installed, "source": sources, "system": system}[kind][name] = body
            written += f"=== {title}\n{body}"
    assert head.startswith("Why: "), f"{path}: say at the top why the case exists"
    expected = text[len(head) + len(written) :]
    return Case(
        path=path,
        head=head,
        files=files,
        wheels=tuple(wheels),
        installed=installed,
        sources=sources,
        system=system,
        executable=frozenset(executable),
        written=written,
        expected=expected,
    )


def with_wheels(found: Planned, wheels: tuple[DistributionFacts, ...]) -> Plan:
    """The plan as if an index had these wheels, and no others."""
    known = {facts.name: facts for facts in wheels}
    roots = [Requirement(item.name) for item in found.start.requirements]
    graph = requirement_graph(known, roots, Target(python=found.start.python or "3.11"))
    closure = Closure(facts=known, graph=graph)
    return replace(
        found.start,
        closure=closure,
        distributions=known,
        contents=contents_of(wheels),
        overrides=overrides_of(found.start.settings.overrides, contents_of(wheels)),
        usage=replace(
            found.start.usage,
            words=used_words(found.loaded, closure),
            given=given_names(found.loaded, closure),
        ),
    )


def _wheel(title: str, body: str) -> DistributionFacts:
    """A wheel from its name, its version and what it requires, and lines of paths and bytes."""
    name, version, *requires = title.split()
    stated = [line.partition(" = ") for line in body.splitlines() if line]
    rows = [(*line.rsplit(" ", 1), content) for line, _, content in stated]
    return DistributionFacts(
        name=name,
        version=version,
        import_names=tuple(sorted({path.split("/")[0] for path, *_ in rows if "-" not in path})),
        requires=tuple(Requirement(one) for one in requires),
        files=tuple(
            InstalledFile(path=path, size=int(size), checksum=content)
            for path, size, content in rows
        ),
        source=Source.INDEX,
    )


def all_cases() -> list[Case]:
    """Every case, by its name."""
    return [read_case(path) for path in sorted(FOLDER.glob("*/*.case"))]


def finding_text(finding: Finding) -> str:
    """A finding with all its evidence, each with its place."""
    lines = [f"{finding.rule} [{finding.safety.value}] {finding.message}"]
    lines += [f"  - {_evidence(item)}" for item in finding.evidence]
    return "\n".join(lines) + "\n"


def change_text(change: FileChange) -> str:
    """A changed file: its diff, or its text where that is shorter or the file is new."""
    diff = change.diff()
    programs = {removal_script(), removal_script(SCRIPT), removal_script(SORTING), removal_hook()}
    if change.after in programs:
        return f"{change.kind.value} {change.path} (the program of jettison.removal)\n"
    if change.before is None or len(diff) > len(change.after):
        ended = change.after if change.after.endswith("\n") else f"{change.after}\n"
        return f"{change.kind.value} {change.path}\n{_indented(ended)}"
    hunks = "".join(diff.splitlines(keepends=True)[2:])
    return f"{change.kind.value} {change.path}\n{_indented(hunks)}"


def _paths(body: str) -> list[str]:
    return [line.split()[0] for line in body.splitlines()]


def _indented(text: str) -> str:
    return "".join(
        f"    {line}" if line.strip() else "\n" for line in text.splitlines(keepends=True)
    )


def _evidence(item: Evidence) -> str:
    place = f" ({item.origin})" if item.origin else ""
    return f"{item.kind}: {item.message}{place}"


def composition(names: list[str]) -> Composition:
    """A composed base of these packages, as if the archive had them."""
    return Composition(
        image="python:3.13-slim",
        python="3.13",
        architecture="amd64",
        packages=tuple(archive_file(name) for name in names),
        shell=archive_file("busybox-static"),
        asked=(),
        kept=("usr/lib/x86_64-linux-gnu/libmvec.so.1",),
        links=(),
        time_zones=False,
        archive="https://snapshot.debian.org/archive/debian/20261122T000000Z",
        security_archive="https://snapshot.debian.org/archive/debian-security/20261122T000000Z",
        size=Size(bytes=30_000_000, basis=Basis.MEASURED, source="the packages, unpacked"),
    )


def archive_file(name: str) -> ArchiveFile:
    """A package of the archive; that of the C library is a security update."""
    return ArchiveFile(
        name=name,
        path=f"pool/main/{name}_1.0-1_amd64.deb",
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        security=name == "libc6",
    )
