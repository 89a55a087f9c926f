"""The system calls that Python 3.11 has no name for (Linux; see unshare(2), mount(2), …)."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Sequence
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_NOATIME = 0x400
MS_NODIRATIME = 0x800
MS_BIND = 0x1000
MS_MOVE = 0x2000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MS_RELATIME = 0x200000
MNT_DETACH = 0x2

_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_CAP_SYS_ADMIN = 21
CAP_SYS_CHROOT = 18
# linux/landlock.h: the first of its calls, what each version handles, and what may be done to
# devices (read, write).
_LANDLOCK = 444
_HANDLED = (0x1FFF, 0x3FFF, 0x7FFF)
_USED = 0x6
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Leave namespaces for new ones."""
    _checked(_libc.unshare(ctypes.c_int(flags)), "unshare")


def join(process: int, *namespaces: str) -> None:
    """Enter namespaces (``user``, ``net``, …) of a process, in this order."""
    places = [f"/proc/{process}/ns/{namespace}" for namespace in namespaces]
    # All before the first is entered, as /proc and the right to read it may stay behind.
    descriptors = [os.open(place, os.O_RDONLY | os.O_CLOEXEC) for place in places]
    for descriptor, place in zip(descriptors, places, strict=True):
        _checked(_libc.setns(ctypes.c_int(descriptor), ctypes.c_int(0)), f"setns {place}")
        os.close(descriptor)


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount; OSError names the target."""
    result = _libc.mount(
        os.fsencode(source),
        os.fsencode(target),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        options.encode() or None,
    )
    _checked(result, f"mount {kind or source} on {target}")


def unmount(target: str) -> None:
    """Detach what is mounted at a place, with all below."""
    _checked(_libc.umount2(os.fsencode(target), ctypes.c_int(MNT_DETACH)), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make ``new`` the root and put the old one at ``old``."""
    number = _PIVOT_ROOT[os.uname().machine]
    result = _libc.syscall(ctypes.c_long(number), os.fsencode(new), os.fsencode(old))
    _checked(result, "pivot_root")


def set_host_name(name: str) -> None:
    """Name the machine within its namespace."""
    text = name.encode()
    _checked(_libc.sethostname(text, ctypes.c_size_t(len(text))), "sethostname")


def die_with_parent(signal: int) -> None:
    """Ask for a signal when the parent ends; forgotten when credentials change."""
    _prctl(_PR_SET_PDEATHSIG, signal)


def adopt_orphans() -> None:
    """Become the parent of descendants whose parents end."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def drop_from_bound(capability: int) -> bool:
    """Let no later program get a capability; False when the kernel does not know it."""
    try:
        _prctl(_PR_CAPBSET_DROP, capability)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return False
    return True


def allow_no_new_privileges() -> None:
    """Take the effect from set-user-ID programs and from capabilities of files."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def hide_memory() -> None:
    """Let no process of the same user look into this one, or at its program."""
    _prctl(_PR_SET_DUMPABLE, 0)


def filter_system_calls(program: bytes) -> None:
    """Install a filter of 8 bytes an instruction: seccomp(2)."""
    content = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: a count, and an address at the next multiple of its size.
    count = struct.pack("@HP", len(program) // 8, ctypes.addressof(content))
    described = ctypes.create_string_buffer(count, len(count))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(described))


def see_only(folder: str, devices: Sequence[str]) -> None:
    """Open no file but those of a folder, and devices: landlock(7).

    Nothing changes on kernels that cannot keep to that.
    """
    version = _libc.syscall(ctypes.c_long(_LANDLOCK), None, ctypes.c_size_t(0), ctypes.c_uint(1))
    if version < 1:
        return
    handled = _HANDLED[min(version, len(_HANDLED)) - 1]
    rules = ctypes.create_string_buffer(struct.pack("=Q", handled), 8)
    number = ctypes.c_long(_LANDLOCK)
    ruleset = _libc.syscall(number, rules, ctypes.c_size_t(8), ctypes.c_uint(0))
    _checked(ruleset, "landlock")
    for path, allowed in ((folder, handled), *((one, _USED) for one in devices)):
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = ctypes.create_string_buffer(struct.pack("=Qi", allowed, place), 12)
        number = ctypes.c_long(_LANDLOCK + 1)
        _checked(_libc.syscall(number, ruleset, 1, rule, ctypes.c_uint(0)), f"landlock {path}")
        os.close(place)
    number = ctypes.c_long(_LANDLOCK + 2)
    _checked(_libc.syscall(number, ruleset, ctypes.c_uint(0)), "landlock")
    os.close(ruleset)


def privileged(capability: int = _CAP_SYS_ADMIN) -> bool:
    """Whether this process has a capability; by default, it may do what it likes with mounts."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) & 1 << capability)
    return False


def _prctl(option: int, value: int, more: int = 0) -> None:
    zero = ctypes.c_ulong(0)
    arguments = (ctypes.c_int(option), ctypes.c_ulong(value), ctypes.c_ulong(more), zero, zero)
    _checked(_libc.prctl(*arguments), "prctl")


def _checked(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
