"""The processes of a container as this machine sees them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from jettison.engines.embedded import NO_FOLDER, NO_VOLUME, Spec, syscalls
from jettison.errors import EngineError, UnsupportedError
from jettison.processes import begin, helper

REFUSED = "the kernel does not let you run images without an engine"
_KERNEL = Path("/proc/sys")
# A setting, the value that forbids, and the command that allows.
_SETTINGS = (
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ),
    ("kernel/unprivileged_userns_clone", "0", "sudo sysctl -w kernel.unprivileged_userns_clone=1"),
    ("user/max_user_namespaces", "0", "sudo sysctl -w user.max_user_namespaces=15000"),
)


def require_linux() -> None:
    """Raise UnsupportedError on systems without namespaces."""
    if sys.platform != "linux":
        raise UnsupportedError(
            "images run without an engine on Linux alone",
            why=f"this is {sys.platform}, which has no namespaces",
            hint="Install Docker or Podman, or build without running.",
        )


def refused(why: str) -> EngineError:
    """Return the error for what the kernel did not allow."""
    for name, forbidding, remedy in _SETTINGS:
        setting = _KERNEL / name
        if setting.is_file() and setting.read_text().strip() == forbidding:
            return EngineError(
                REFUSED,
                why=f"{why}; {name.replace('/', '.')} is {forbidding}",
                hint=f"Allow it: {remedy}",
            )
    return EngineError(
        REFUSED,
        why=why,
        hint="Within a container it must be started with --security-opt seccomp=unconfined "
        "--security-opt apparmor=unconfined; else install Docker or Podman.",
    )


# A volume may start with gigabytes of the image.
_BEGUN_SECONDS = 180.0
LAUNCH = "jettison.engines.embedded.launch"
# Who the users of a container are on this machine: numbers that no range for users, services or
# other containers includes (systemd.io, "Users, Groups, UIDs and GIDs on systemd Systems").
OWNER = 1 << 31
OWNERS = OWNER - 2
_ALL = (1 << 32) - 1
_ENDED_SECONDS = 10.0
_LONGEST_SHOWN = 500
# What fails of what makes a container, rather than of the program that is to run in it.
_OF_THE_KERNEL = re.compile("mount|pivot_root|filtered")


class Started(Struct, frozen=True, kw_only=True):
    """A container that has begun: who watches it, and its process 1."""

    watcher: subprocess.Popen[bytes]
    process: int
    chroot: bool = False

    def end(self) -> None:
        """End all processes of the container."""
        if self.chroot:
            # It ends them itself: no kernel does where they have no namespace.
            self.watcher.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.watcher.wait(_ENDED_SECONDS)
        self.watcher.kill()
        self.watcher.wait()


def start(spec: Spec, directory: Path) -> Started:
    """Start a container whose output goes to files in ``directory``.

    EngineError when the kernel does not allow it or the program cannot be started.
    """
    specification = directory / "spec.json"
    specification.write_text(spec.to_json())
    report, reported = os.pipe()
    go, going = os.pipe()
    try:
        with (directory / "stdout").open("wb") as out, (directory / "stderr").open("wb") as err:
            watcher = begin(
                helper(LAUNCH, str(specification), str(reported), str(go)),
                stdout=out,
                stderr=err,
                inherited=(reported, go),
            )
        os.close(reported)
        reported = -1
        late = threading.Timer(_BEGUN_SECONDS, _kill, (watcher,))
        late.start()
        try:
            process = _begun(spec, watcher, report, going)
            return Started(watcher=watcher, process=process, chroot=bool(spec.program.root))
        except BaseException:
            _kill(watcher)
            watcher.wait()
            raise
        finally:
            late.cancel()
    finally:
        for descriptor in filter(lambda one: one >= 0, (report, reported, go, going)):
            os.close(descriptor)


def _kill(watcher: subprocess.Popen[bytes]) -> None:
    """End a container that has not begun, with all that makes it."""
    with suppress(ProcessLookupError):
        os.killpg(watcher.pid, signal.SIGKILL)


def _begun(spec: Spec, watcher: subprocess.Popen[bytes], report: int, going: int) -> int:
    """Follow the report to its end and return process 1; EngineError when something failed."""
    privileged = syscalls.privileged()
    # Of a container beside another, whoever is no root joins the identities of that one.
    first, asked = 0, False
    mapped = bool(spec.program.root) or (bool(spec.beside) and not privileged)
    with os.fdopen(os.dup(report), "rb") as lines:
        for line in lines:
            told = json.loads(line)
            if "failed" in told:
                raise _failure(spec, told["failed"], ready=bool(first) and mapped)
            if "process" in told:
                first = int(told["process"])
            else:
                asked = True
            if asked and not mapped and (first or not privileged):
                _map(spec, first if privileged else watcher.pid)
                mapped = True
                os.write(going, b"\n")
    if not first:
        raise refused("the container ended before it began")
    return first


def _map(spec: Spec, watcher: int) -> None:
    """Say who is who: root gives numbers of nobody, others themselves to the image's user."""
    who = spec.program.identity
    everybody = os.geteuid() == 0
    maps = {"uid_map": (who.uid, os.geteuid()), "gid_map": (who.gid, os.getegid())}
    try:
        if not everybody:
            Path(f"/proc/{watcher}/setgroups").write_text("deny")
        for name, (inner, outer) in maps.items():
            lines = f"{inner} {outer} 1"
            if everybody:
                lines = f"0 {OWNER} {OWNERS}" if spec.program.owner else identities(name)
            Path(f"/proc/{watcher}/{name}").write_text(lines)
    except OSError as error:
        raise refused(f"no identities can be mapped: {error.strerror}") from error


def identities(name: str) -> str:
    """Return a map of the identities of this process to themselves."""
    held = (line.split() for line in Path(f"/proc/self/{name}").read_text().splitlines())
    return "".join(f"{inner} {inner} {count}\n" for inner, _, count in held)


def owner() -> int:
    """Return who root of a container is here: nobody, for the root of this very machine."""
    whole = identities("uid_map").split() == ["0", "0", str(_ALL)]
    return OWNER if whole and os.geteuid() == 0 and syscalls.privileged() else 0


def _failure(spec: Spec, why: str, *, ready: bool) -> EngineError:
    words = " ".join(spec.program.words)[:_LONGEST_SHOWN]
    of_the_kernel = _OF_THE_KERNEL.search(why) or (spec.program.root and "not permitted" in why)
    of_the_image = NO_VOLUME in why or NO_FOLDER in why
    if not of_the_image and (not ready or of_the_kernel):
        return refused(why)
    return EngineError(
        f"the container did not start: {words}",
        why=why[:_LONGEST_SHOWN],
        hint="Check the command, the working directory and the volumes of the image.",
    )


def children(first: int) -> set[int]:
    """Return a process and all that descend from it."""
    found: set[int] = set()
    ahead = [first]
    while ahead:
        one = ahead.pop()
        found.add(one)
        with suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                ahead += map(int, (task / "children").read_text().split())
    return found


def memory(first: int) -> int:
    """Return the bytes that a process and its descendants hold, shared pages by their share."""
    return sum(_proportional(one) for one in children(first))


def _proportional(one: int) -> int:
    with suppress(OSError, ValueError, IndexError):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    with suppress(OSError, ValueError, IndexError):
        # Who may not look into a process sees what it holds with what it shares.
        return int(Path(f"/proc/{one}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
