"""The stages that fetch Debian's packages and compose a root from them, as text."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator

from jettison.catalogue import resource, table
from jettison.catalogue.bases import ComposedBase, LeftOut
from jettison.formats.elf import listing_program
from jettison.lower import WIDTH, comment
from jettison.plan.minimal_base import ROOT, ArchiveFile, Composition

# Where the packages are seen while the root is composed; the shell's package lies apart.
PLACE = "/packages"
SHELL = "/shell"
# What the script has in place of lines of its own, or of words.
_PLACE = re.compile(r"^@(?P<lines>\w+)@\n|@(?P<word>\w+)@", re.MULTILINE)
PASSWD = "'%s:x:%s:%s:%s:%s:/usr/sbin/nologin\\n'"  # noqa: S105  a format of printf
GROUP = "'%s:x:%s:\\n'"
FETCHED = (
    "Debian's packages, each held to its hash. A snapshot keeps these versions for good; a mirror"
    " that has them is faster: --build-arg DEBIAN=https://deb.debian.org/debian."
)
COMPOSED = (
    "The root of the image: these packages, unpacked, without what no server needs. Nothing of them"
    " is run; what their scripts would have made is written here."
)


def package_stage(name: str, made_of: Composition) -> str:
    """The stage that fetches the packages."""
    security = any(each.security for each in made_of.packages)
    lines = [comment(FETCHED), f"FROM scratch AS {name}\n", f"ARG DEBIAN={made_of.archive}\n"]
    if security:
        lines.append(f"ARG DEBIAN_SECURITY={made_of.security_archive}\n")
    lines += [_added(each, "/") for each in made_of.packages]
    lines.append(_added(made_of.shell, f"{SHELL}/"))
    return "".join(lines)


def _added(file: ArchiveFile, place: str) -> str:
    archive = "$DEBIAN_SECURITY" if file.security else "$DEBIAN"
    return f"ADD --checksum=sha256:{file.sha256} \\\n    {archive}/{file.path} {place}\n"


def root_stage(name: str, packages: str, made_of: Composition, users: Iterable[str]) -> str:
    """The stage that composes the root; ``users`` are commands that make users and groups."""
    return (
        f"{comment(COMPOSED)}"
        f"FROM {made_of.image} AS {name}\n"
        f"RUN --mount=type=bind,from={packages},target={PLACE} <<'COMPOSE'\n"
        f"{root_script(made_of, users)}"
        "COMPOSE\n"
    )


def root_script(made_of: Composition, users: Iterable[str]) -> str:
    """What the stage runs, for the shell of the image that it stands on."""
    facts = table(ComposedBase)
    groups = [each for each in _groups(made_of) if not each.of_package]
    apart = [each for each in _groups(made_of) if each.of_package]
    program = listing_program(f"/usr/bin/python{made_of.python}", made_of.architecture)
    lines: dict[str, Iterable[str]] = {
        "unpacked_apart": _unpacked_apart(apart),
        "passed_over": _passed_over(apart),
        "kept": (f"    {_found(kept)}" for group in groups for kept in group.keep),
        "kept_libraries": (f"    echo {shlex.quote(path)}" for path in made_of.kept),
        "removed": (line for group in groups for line in _removed(group)),
        "links": _links(made_of),
        "accounts": _accounts(users),
        "listing_program": [program.decode().rstrip("\n")],
        "applets": _wrapped("for name in", facts.shell.applets),
    }
    words = {
        "root": ROOT,
        "architecture": made_of.architecture,
        "folders": "bin lib lib64 sbin" if made_of.architecture == "amd64" else "bin lib sbin",
        "packages": PLACE,
        "python": f"python{made_of.python}",
        "shell": SHELL,
    }

    def filled(place: re.Match[str]) -> str:
        if place["lines"]:
            return "".join(f"{line}\n" for line in lines[place["lines"]])
        return words[place["word"]]

    return _PLACE.sub(filled, resource("composed_root.sh").decode())


def _groups(made_of: Composition) -> list[LeftOut]:
    """The groups of files that are omitted: none that is kept or of a package asked for."""
    found = table(ComposedBase).leave_out
    kept = {*made_of.asked, *made_of.groups_kept}
    return [each for each in found if not {each.name, each.of_package} & kept]


def _unpacked_apart(groups: Iterable[LeftOut]) -> Iterator[str]:
    """Packages that are unpacked by themselves, as only their own files are omitted."""
    for group in groups:
        heading, *removed = _removed(group)
        yield from (heading, f"unpack {PLACE}/{group.of_package}_*.deb", *removed)


def _passed_over(groups: Iterable[LeftOut]) -> Iterator[str]:
    if pattern := "|".join(f"*/{group.of_package}_*" for group in groups):
        yield f"    case $package in {pattern}) continue ;; esac"


def _found(pattern: str) -> str:
    """A command that lists what a pattern matches, without following links."""
    head = pattern.partition("*")[0].rpartition("/")[0]
    depth = pattern.count("/") - head.count("/")
    return f"find {head} -mindepth {depth} -maxdepth {depth} -path '{pattern}'"


def _removed(group: LeftOut) -> Iterator[str]:
    """Say which group it is, and remove what its patterns match."""
    yield f"# {group.name}: {group.reason}"
    plain = []
    for pattern in group.paths:
        head, deep, tail = pattern.partition("**/")
        if deep:
            name = tail.removesuffix("/**")
            yield f"find {head.rstrip('/')} -depth -name '{name}' -exec rm -rf {{}} +"
        else:
            plain.append(pattern.removesuffix("/**"))
    yield from _wrapped("rm -rf", plain)


def _wrapped(command: str, words: Iterable[str], end: str = "") -> Iterator[str]:
    """A command with its words on as many lines as they need."""
    line = command
    for word in (*words, *([end] if end else [])):
        if len(line) + len(word) + 3 > WIDTH:
            yield f"{line} \\"
            line = f"    {word}"
        else:
            line = f"{line} {word}"
    if line != command:
        yield line


def _links(made_of: Composition) -> Iterator[str]:
    """Links that maintainer scripts would have made."""
    if made_of.time_zones:
        yield "ln -s /usr/share/zoneinfo/Etc/UTC etc/localtime"
    for path, target in made_of.links:
        yield f"ln -sfn {target} {path}"


def _accounts(users: Iterable[str]) -> Iterator[str]:
    facts = table(ComposedBase).accounts
    rows = [f"{name} {uid} {gid} {name} {home}" for name, uid, gid, home in facts.users]
    yield from _wrapped(f"printf {PASSWD}", rows, "> etc/passwd")
    rows = [f"{name} {gid}" for name, gid in facts.groups]
    yield from _wrapped(f"printf {GROUP}", rows, "> etc/group")
    made = list(users)
    if made:
        yield "# Users are made as the official image makes them: with its settings."
        yield "cp --parents /etc/login.defs /etc/default/useradd ."
        yield from made
        yield "rm -f etc/login.defs etc/default/useradd etc/passwd- etc/group- etc/.pwd.lock"


def shell_mount(root: str) -> str:
    """The mount by which a step sees the shell."""
    return f"--mount=type=bind,from={root},source={SHELL}/usr/bin,target=/mnt"
