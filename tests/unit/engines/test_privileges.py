"""The filter of system calls, carried out as the kernel does (classic BPF)."""

from __future__ import annotations

import errno
from collections.abc import Sequence

import pytest

from jettison.engines.embedded.privileges import Instruction, denying

X86_64, I386, AARCH64 = 0xC000003E, 0x40000003, 0xC00000B7
ALLOWED = 0x7FFF0000
NOT_PERMITTED, NOT_THERE = 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS


def answer(filter_: Sequence[Instruction], architecture: int, number: int, first: int = 0) -> int:
    accumulator, position = 0, 0
    data = {0: number, 4: architecture, 16: first}
    while True:
        code, yes, no, value = filter_[position]
        assert max(yes, no) < 256
        position += 1
        if code == 0x06:
            return value
        if code == 0x20:
            accumulator = data[value]
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
