"""The last steps of a process on its way to be a container's program, which take its rights away.

What stays is what Docker gives a container by default (docs.docker.com, "Linux capabilities" and
"Seccomp security profiles for Docker").
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path

from jettison.engines.embedded import Program, syscalls
from jettison.values import replace

# chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service, net_raw,
# sys_chroot, mknod, audit_write, setfcap: linux/capability.h.
_KEPT_CAPABILITIES = frozenset({0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31})
_LAST_CAPABILITY = 63

# The numbers of denied calls on x86-64, i386 and aarch64 (unistd.h of each), 0 for none.
_DENIED = {
    "_sysctl": (156, 149, 0),
    "acct": (163, 51, 89),
    "add_key": (248, 286, 217),
    "bpf": (321, 357, 280),
    "clock_adjtime": (305, 343, 266),
    "clock_settime": (227, 264, 112),
    "create_module": (174, 127, 0),
    "delete_module": (176, 129, 106),
    "fanotify_init": (300, 338, 262),
    "finit_module": (313, 350, 273),
    "fsconfig": (431, 431, 431),
    "fsmount": (432, 432, 432),
    "fsopen": (430, 430, 430),
    "fspick": (433, 433, 433),
    "get_kernel_syms": (177, 130, 0),
    "get_mempolicy": (239, 275, 236),
    "init_module": (175, 128, 105),
    "io_uring_enter": (426, 426, 426),
    "io_uring_register": (427, 427, 427),
    "io_uring_setup": (425, 425, 425),
    "ioperm": (173, 101, 0),
    "iopl": (172, 110, 0),
    "kcmp": (312, 349, 272),
    "kexec_file_load": (320, 0, 294),
    "kexec_load": (246, 283, 104),
    "keyctl": (250, 288, 219),
    "lookup_dcookie": (212, 253, 18),
    "mbind": (237, 274, 235),
    "migrate_pages": (256, 294, 238),
    "mount": (165, 21, 40),
    "mount_setattr": (442, 442, 442),
    "move_mount": (429, 429, 429),
    "move_pages": (279, 317, 239),
    "nfsservctl": (180, 169, 42),
    "open_by_handle_at": (304, 342, 265),
    "open_tree": (428, 428, 428),
    "perf_event_open": (298, 336, 241),
    "pivot_root": (155, 217, 41),
    "query_module": (178, 167, 0),
    "quotactl": (179, 131, 60),
    "quotactl_fd": (443, 443, 443),
    "reboot": (169, 88, 142),
    "request_key": (249, 287, 218),
    "set_mempolicy": (238, 276, 237),
    "set_mempolicy_home_node": (450, 450, 450),
    "setdomainname": (171, 121, 162),
    "sethostname": (170, 74, 161),
    "setns": (308, 346, 268),
    "settimeofday": (164, 79, 170),
    "stime": (0, 25, 0),
    "swapoff": (168, 115, 225),
    "swapon": (167, 87, 224),
    "syslog": (103, 103, 116),
    "sysfs": (139, 135, 0),
    "umount": (0, 22, 0),
    "umount2": (166, 52, 39),
    "unshare": (272, 310, 97),
    "uselib": (134, 86, 0),
    "userfaultfd": (323, 374, 282),
    "ustat": (136, 62, 0),
    "vhangup": (153, 111, 58),
    "vm86": (0, 166, 0),
    "vm86old": (0, 113, 0),
}  # fmt: skip
_CALLED = {"connect": (42, 362, 203), "socketcall": (0, 102, 0)}
_SOCKET = (41, 359, 198)
# Calls that send with flags, and which argument those are.
_SENDING = (((44, 369, 206), 3), ((46, 370, 211), 2), ((307, 345, 269), 3))
_FAST_OPEN = 0x20000000
_CLONE = (56, 120, 220)
_CLONE3 = 435
# linux/audit.h; the column of each in the tables above. Others may make no call at all.
_ARCHITECTURES = {0xC000003E: 0, 0x40000003: 1, 0xC00000B7: 2}
_NATIVE = {"x86_64": (0xC000003E, 0x40000003), "aarch64": (0xC00000B7,)}
# x32 counts its calls from here.
_X32 = 0x40000000
# Every CLONE_NEW…, of which clone knows those.
_NEW_NAMESPACES = 0x7E020000

# linux/bpf_common.h, linux/seccomp.h.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN, _AND = 0x20, 0x15, 0x35, 0x45, 0x06, 0x54
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16

# AF_UNIX, AF_INET and AF_INET6; SOCK_STREAM below its flags; the usual protocol, TCP and MPTCP.
_FAMILIES, _STREAM, _KIND, _PROTOCOLS = (1, 2, 10), 1, 0xF, (0, 6, 262)

Instruction = tuple[int, int, int, int]


# The status of a shell whose command is missing, or is there and cannot be started.
MISSING = 127
NOT_EXECUTABLE = 126


def become(program: Program) -> None:
    """Execute the program in place of this process; OSError when it cannot be."""
    os.umask(0o022)
    if program.root:
        os.chroot(program.root)
    os.chdir(program.directory)
    for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGXFSZ):
        # Python ignores or handles these, and what is ignored stays so in the program.
        signal.signal(number, signal.SIG_DFL)
    limit(program)
    restrict(
        hardened=program.hardened or bool(program.root),
        sockets=Sockets.LISTENING if program.root else Sockets.ALL,
    )
    who = program.identity
    with suppress(PermissionError):
        # Where one number alone is mapped the kernel allows no groups.
        os.setgroups(who.groups)
    os.setresgid(who.gid, who.gid, who.gid)
    os.setresuid(who.uid, who.uid, who.uid)
    syscalls.die_with_parent(signal.SIGKILL)
    environment = dict(program.environment)
    os.execvpe(program.words[0], program.words, environment)  # noqa: S606 — the purpose


def join_groups(program: Program) -> Program:
    """Put this process into the control groups that limit the container.

    Return the program, which is limited by itself where that is not allowed.
    """
    try:
        for group in program.groups:
            Path(group).write_text("0")
    except OSError:
        return replace(program, memory_grouped=False)
    return program


def limit(program: Program) -> None:
    """Limit what this process and all that it becomes may have, beside its control groups."""
    limits = {resource.RLIMIT_CORE: 0}
    if program.processes:
        limits[resource.RLIMIT_NPROC] = program.processes
    if program.memory and not program.memory_grouped:
        limits[resource.RLIMIT_DATA] = program.memory
    for kind, most in limits.items():
        hard = resource.getrlimit(kind)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, least))


def hand_over_streams(program: Program) -> None:
    """Let the program open again what it is given as standard streams, as by /dev/stdout."""
    who = program.identity
    for descriptor in (0, 1, 2):
        if not stat.S_ISCHR(os.fstat(descriptor).st_mode):
            with suppress(OSError):
                os.fchown(descriptor, program.owner + who.uid, program.owner + who.gid)


def status_of(raw: int) -> int:
    """Return what a shell would of a ``waitpid`` status: 128 and the signal, or the exit status."""
    code = os.waitstatus_to_exitcode(raw)
    return 128 - code if code < 0 else code


def why_not(error: OSError) -> int:
    """Return the exit status for a program that could not be started."""
    return MISSING if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE


class Sockets(Enum):
    """Which sockets a program may have: all, those that only listen, or pairs alone."""

    ALL = auto()
    LISTENING = auto()
    NONE = auto()


def restrict(*, hardened: bool, sockets: Sockets = Sockets.ALL) -> None:
    """Give up what a container may not have, for this process and all that it becomes.

    ``hardened`` leaves no capability, and takes the effect from set-user-ID programs. Identities
    must be changed afterwards, which needs the capabilities that a new program no longer gets.
    OSError when the kernel cannot keep a program to sockets that listen.
    """
    kept = frozenset[int]() if hardened else _KEPT_CAPABILITIES
    for capability in range(_LAST_CAPABILITY + 1):
        try:
            if capability not in kept and not syscalls.drop_from_bound(capability):
                # The kernel knows no more capabilities than these.
                break
        except PermissionError:
            # Who may not take them away has none.
            break
    if hardened:
        syscalls.allow_no_new_privileges()
    machine = os.uname().machine
    if machine in _NATIVE:
        program = list(denying(_NATIVE[machine], sockets=sockets))
        try:
            syscalls.filter_system_calls(b"".join(struct.pack("=HBBI", *one) for one in program))
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOSYS) or sockets is Sockets.LISTENING:
                raise
    elif sockets is Sockets.LISTENING:
        raise OSError(errno.ENOSYS, f"system calls cannot be filtered on {machine}")


_CLOSED: Mapping[Sockets, Mapping[str, tuple[int, int, int]]] = {
    Sockets.ALL: {},
    # Who sees the other side of this machine's network must not reach it.
    Sockets.LISTENING: {
        **_CALLED,
        "ptrace": (101, 26, 117),
        "process_vm_readv": (310, 347, 270),
        "process_vm_writev": (311, 348, 271),
    },
    Sockets.NONE: {**_CALLED, "socket": _SOCKET},
}


def denying(
    architectures: tuple[int, ...], *, sockets: Sockets = Sockets.ALL
) -> Iterator[Instruction]:
    """Yield the filter: denied calls fail with EPERM, and so does every call of other machines.

    ``clone3`` fails with ENOSYS, because no filter sees its flags; libraries then use ``clone``.
    """
    yield _LOAD, 0, 0, _ARCHITECTURE
    for architecture in architectures:
        rules = list(_rules(_ARCHITECTURES[architecture], sockets=sockets))
        # A jump over more than 255 instructions needs a form of its own; the tables are shorter.
        yield _EQUAL, 0, len(rules), architecture
        yield from rules
    yield _RETURN, 0, 0, _ERRNO | errno.EPERM


def _rules(column: int, *, sockets: Sockets) -> Iterator[Instruction]:
    denied = [*_DENIED.values(), *_CLOSED[sockets].values()]
    numbers = sorted({one[column] for one in denied} - {0})
    yield _LOAD, 0, 0, _NUMBER
    if not column:
        yield _AT_LEAST, 0, 1, _X32
        yield _RETURN, 0, 0, _ERRNO | errno.EPERM
    if sockets is Sockets.LISTENING:
        yield from _listening(column)
    yield _EQUAL, 0, 1, _CLONE3
    yield _RETURN, 0, 0, _ERRNO | errno.ENOSYS
    for position, number in enumerate(numbers):
        # To the refusal after the last of them and the two words on clone.
        yield _EQUAL, len(numbers) - position + 3, 0, number
    yield _EQUAL, 0, 2, _CLONE[column]
    yield _LOAD, 0, 0, _FIRST_ARGUMENT
    yield _ANY_BIT, 1, 0, _NEW_NAMESPACES
    yield _RETURN, 0, 0, _ALLOW
    yield _RETURN, 0, 0, _ERRNO | errno.EPERM


def _listening(column: int) -> Iterator[Instruction]:
    """Yield what leaves of sockets streams, and of sending what opens no connection."""
    yield from _if(
        _SOCKET[column],
        (
            *_one_of(0, _FAMILIES),
            *_one_of(1, (_STREAM,), _KIND),
            *_one_of(2, _PROTOCOLS),
            (_RETURN, 0, 0, _ALLOW),
        ),
    )
    for numbers, argument in _SENDING:
        refused = (
            (_LOAD, 0, 0, _FIRST_ARGUMENT + 8 * argument),
            (_ANY_BIT, 0, 1, _FAST_OPEN),
            (_RETURN, 0, 0, _ERRNO | errno.EPERM),
            (_RETURN, 0, 0, _ALLOW),
        )
        yield from _if(numbers[column], refused)


def _if(number: int, then: tuple[Instruction, ...]) -> Iterator[Instruction]:
    yield _EQUAL, 0, len(then), number
    yield from then


def _one_of(argument: int, values: tuple[int, ...], mask: int = 0) -> Iterator[Instruction]:
    """Yield what refuses the call unless an argument is one of some values."""
    yield _LOAD, 0, 0, _FIRST_ARGUMENT + 8 * argument
    if mask:
        yield _AND, 0, 0, mask
    for position, value in enumerate(values):
        yield _EQUAL, len(values) - position, 0, value
    yield _RETURN, 0, 0, _ERRNO | errno.EPERM
