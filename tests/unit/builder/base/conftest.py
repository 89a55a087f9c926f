"""A small archive with a pretended Python, composed like the real one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.support.debian_archive import LocalArchive
from tests.support.debian_server import local_archive, open_archive, server
from tests.support.elf import shared_library

__all__ = ["compose_local", "local_archive", "open_archive", "server"]

from jettison.builder.minimal_base import composed_base
from jettison.index.debian import Archive
from jettison.plan.minimal_base import BaseRequest, BaseTree

LIBRARIES = "./usr/lib/x86_64-linux-gnu"
CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"


def fill(archive: LocalArchive) -> None:
    python = shared_library(needed=["libc.so.6", "libz.so.1"])
    archive.add(
        "python3.13-minimal", version="3.13.5-2", depends="libc6, zlib1g, python3-minimal",
        files={"./usr/bin/python3.13": python, "./usr/share/man/python.1": b"manual"},
    )  # fmt: skip
    archive.add(
        "libpython3.13-stdlib", version="3.13.5-2", depends="media-types, tzdata, debconf",
        files={
            "./usr/lib/python3.13/os.py": b"import sys\n",
            "./usr/lib/python3.13/test/test_os.py": b"import os\n",
            "./usr/lib/python3.13/turtle.py": b"pass\n",
        },
    )  # fmt: skip
    archive.add("base-files", pre_depends="awk", files={"./etc/debian_version": b"13.8\n"})
    for name in ("netbase", "media-types", "libgcc-s1", "libc-bin", "tzdata"):
        archive.add(name, files={f"./usr/share/doc/{name}/copyright": name.encode()})
    archive.add(
        "libc6",
        files={
            f"{LIBRARIES}/libc.so.6": shared_library("libc.so.6"),
            f"{LIBRARIES}/libmvec.so.1": shared_library("libmvec.so.1"),
            f"{LIBRARIES}/gconv/A.so": b"table",
        },
    )
    archive.add(
        "zlib1g",
        files={
            "./lib/x86_64-linux-gnu/libz.so.1.3": shared_library("libz.so.1", ["libc.so.6"]),
            "./lib/x86_64-linux-gnu/libz.so.1": "libz.so.1.3",
        },
    )
    archive.add(
        "ca-certificates", depends="openssl, debconf (>= 0.5) | debconf-2.0",
        files={
            "./usr/share/ca-certificates/mozilla/B.crt": CERTIFICATE,
            "./usr/share/ca-certificates/mozilla/A.crt": CERTIFICATE + b"\n",
        },
    )  # fmt: skip
    for name in ("debconf", "openssl", "mawk", "python3-minimal"):
        archive.add(name, provides="awk" if name == "mawk" else "unused")
    archive.add("vector", depends="libc6", files={
        f"{LIBRARIES}/libvector.so.1": shared_library("libvector.so.1", ["libmvec.so.1"]),
    })  # fmt: skip
    archive.add("broken", files={
        f"{LIBRARIES}/libbroken.so.1": shared_library("libbroken.so.1", ["libnowhere.so.7"]),
        "./usr/bin/script": b"#!/bin/sh\n",
    })  # fmt: skip
    archive.add("busybox-static", files={"./bin/busybox": b"program"})
    archive.add("scripted", files={"./usr/bin/script": b"#!/bin/bash -e\n"})
    archive.publish()


@pytest.fixture
def compose_local(
    local_archive: LocalArchive,  # the fixture imported above
    open_archive: Callable[..., Archive],  # the fixture imported above
) -> Callable[..., BaseTree]:
    fill(local_archive)
    archive = open_archive()

    def composed(**fields: object) -> BaseTree:
        return composed_base(BaseRequest(**{"python": "3.13", **fields}), archive)

    return composed
