"""The filter of system calls, carried out as the kernel does (classic BPF)."""

from __future__ import annotations

import errno
from collections.abc import Sequence

import pytest

from jettison.engines.embedded.privileges import Instruction, Sockets, denying

X86_64, I386, AARCH64 = 0xC000003E, 0x40000003, 0xC00000B7
ALLOWED = 0x7FFF0000
NOT_PERMITTED, NOT_THERE = 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS


def answer(filter_: Sequence[Instruction], architecture: int, number: int, *given: int) -> int:
    accumulator, position = 0, 0
    data = {0: number, 4: architecture}
    data |= {16 + 8 * place: (*given, 0, 0, 0, 0)[place] for place in range(4)}
    while True:
        code, yes, no, value = filter_[position]
        assert max(yes, no) < 256
        position += 1
        if code == 0x06:
            return value
        if code == 0x20:
            accumulator = data[value]
            continue
        if code == 0x54:
            accumulator &= value
            continue
        met = {
            0x15: accumulator == value,
            0x35: accumulator >= value,
            0x45: bool(accumulator & value),
        }
        position += yes if met[code] else no


@pytest.mark.parametrize(
    ("architecture", "number", "first", "expected"),
    [
        (X86_64, 0, 0, ALLOWED),  # read
        (X86_64, 59, 0, ALLOWED),  # execve
        (X86_64, 56, 0x11, ALLOWED),  # clone as fork
        (X86_64, 435, 0, NOT_THERE),  # clone3
        (X86_64, 165, 0, NOT_PERMITTED),  # mount
        (X86_64, 321, 0, NOT_PERMITTED),  # bpf
        (X86_64, 250, 0, NOT_PERMITTED),  # keyctl
        (X86_64, 246, 0, NOT_PERMITTED),  # kexec_load
        (X86_64, 272, 0, NOT_PERMITTED),  # unshare
        (X86_64, 56, 0x10000011, NOT_PERMITTED),  # clone with a new user namespace
        (X86_64, 0x40000000, 0, NOT_PERMITTED),  # read as x32
        (I386, 3, 0, ALLOWED),  # read
        (I386, 21, 0, NOT_PERMITTED),  # mount
        (I386, 120, 0x00020000, NOT_PERMITTED),  # clone with new mounts
        (AARCH64, 63, 0, NOT_PERMITTED),  # no machine of this kind
    ],
)
def test_the_filter_denies_what_reaches_the_machine(
    architecture: int, number: int, first: int, expected: int
) -> None:
    assert answer(list(denying((X86_64, I386))), architecture, number, first) == expected


def test_another_machine_has_its_own_numbers() -> None:
    filter_ = list(denying((AARCH64,)))
    assert answer(filter_, AARCH64, 63) == ALLOWED  # read
    assert answer(filter_, AARCH64, 40) == NOT_PERMITTED  # mount
    assert answer(filter_, X86_64, 0) == NOT_PERMITTED


@pytest.mark.parametrize(
    ("number", "given", "expected"),
    [
        (0, (), ALLOWED),  # read
        (41, (2, 1 | 0x80800, 0), ALLOWED),  # a stream of IPv4 that does not block
        (41, (10, 1, 6), ALLOWED),  # TCP over IPv6
        (41, (1, 1, 0), ALLOWED),  # a local stream
        (41, (2, 2, 0), NOT_PERMITTED),  # a datagram
        (41, (1, 2, 0), NOT_PERMITTED),  # a local datagram
        (41, (2, 3, 1), NOT_PERMITTED),  # a raw socket
        (41, (2, 1, 132), NOT_PERMITTED),  # SCTP, which connects as it sends
        (41, (16, 3, 0), NOT_PERMITTED),  # netlink
        (41, (40, 1, 0), NOT_PERMITTED),  # to another machine of a hypervisor
        (42, (), NOT_PERMITTED),  # connect
        (44, (3, 0, 9, 0x4000), ALLOWED),  # send
        (44, (3, 0, 9, 0x20000000), NOT_PERMITTED),  # send that connects
        (46, (3, 0, 0x20000000), NOT_PERMITTED),
        (307, (3, 0, 1, 0x20000000), NOT_PERMITTED),
        (53, (1, 1, 0), ALLOWED),  # socketpair
        (49, (), ALLOWED),  # bind
        (50, (), ALLOWED),  # listen
        (101, (), NOT_PERMITTED),  # ptrace
        (165, (), NOT_PERMITTED),  # mount
        (56, (0x11,), ALLOWED),  # clone as fork
        (56, (0x10000011,), NOT_PERMITTED),
    ],
)
def test_where_a_network_is_shared_sockets_only_listen(
    number: int, given: tuple[int, ...], expected: int
) -> None:
    filter_ = list(denying((X86_64, I386), sockets=Sockets.LISTENING))
    assert answer(filter_, X86_64, number, *given) == expected
    assert answer(filter_, I386, 102) == NOT_PERMITTED  # socketcall
