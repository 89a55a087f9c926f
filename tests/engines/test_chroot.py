"""Running images as root of a plain container may: in a root of its own, as somebody else."""

from __future__ import annotations

import ast
import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest
from images import AMD64, packed_layer
from msgspec.structs import replace
from tests.engines.test_embedded import eventually, fetched
from tests.support.names import RUN

from jettison.engines import Engine, ImageID, Network, RunOptions
from jettison.engines.embedded.chroot import CHROOT, NOT_ROOT
from jettison.engines.embedded.engine import EmbeddedEngine
from jettison.engines.measuring import measure
from jettison.errors import EngineError, WriteError
from jettison.images.stores.layout import LayoutStore
from jettison.images.tar_writer import Member
from jettison.tasks.unrun import compare_unrun
from jettison.verify.request import VerificationRequest

pytestmark = [pytest.mark.engine]

BASE = "python:3.11-slim"
with socket.create_server(("127.0.0.1", 0)) as _free:
    PORT = _free.getsockname()[1]
# another run of these tests has another one
OUTSIDE = f"/tmp/{RUN}-outside"
LONG, LATER = (f"{seconds}.{os.getpid()}" for seconds in (4711, 4712))
SERVER = f"""
import http.server
http.server.HTTPServer(("0.0.0.0", {PORT}), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
SERVES = RunOptions(ports=(PORT,), tmpfs=("/tmp",), volumes=("/data", "/new"))
WAITS = RunOptions(command=("sleep", "60"), network=Network.NONE)
# What is tried, and what comes of it; a name is that of an error.
PROBE = """
import os, socket
def tried(action):
    try:
        action()
    except OSError as error:
        return error.strerror
    return "works"
print({
    "who": (os.getuid(), os.getgid()),
    "connect": tried(lambda: socket.create_connection(("127.0.0.1", PORT))),
    "datagram": tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)),
    "raw": tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)),
    "netlink": tried(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)),
    "fast open": tried(lambda: socket.socket().sendto(b"x", 0x20000000, ("127.0.0.1", PORT))),
    "local": tried(lambda: socket.socket(socket.AF_UNIX).connect("/tmp/none")),
    "listen": tried(lambda: socket.create_server(("127.0.0.1", 0))),
    "pair": tried(lambda: socket.socketpair()),
    "device": tried(lambda: open("/dev/null", "w").write("x")),
    "own": tried(lambda: open("/data/seed", "a").write("changed")),
    "new": tried(lambda: open("/tmp/new", "x")),
    "system": tried(lambda: open("/usr/bin/env", "a")),
    "hosts": tried(lambda: open("/etc/hosts", "r+")),
    "chroot": tried(lambda: os.chroot("/tmp")),
    "root again": tried(lambda: os.setuid(0)),
    "node": tried(lambda: os.mknod("/tmp/node", 0o20666, os.makedev(1, 1))),
    "signal": tried(lambda: os.kill(1, 0)),
})
""".replace("PORT", str(PORT))
REFUSED = "Operation not permitted"


@pytest.fixture(scope="module")
def chroot(engine: Engine) -> Iterator[EmbeddedEngine]:
    if os.geteuid():
        pytest.skip("only root may change its root")
    with EmbeddedEngine() as made:
        made.isolation = CHROOT
        yield made


@pytest.fixture(scope="module")
def base(chroot: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep the base in a layout, from which it is read quickly."""
    folder = tmp_path_factory.mktemp("base")
    LayoutStore(folder).write(chroot._image(f"docker:{BASE}"), None)
    return folder


@pytest.fixture(scope="module")
def image(chroot: EmbeddedEngine, base: Path) -> ImageID:
    own = LayoutStore(base).read(None, AMD64)
    more = packed_layer(
        Member.directory("data").owned(1234, 1234),
        Member.file("data/seed", b"seed").owned(1234, 1234),
        Member.symlink("outside", f"/../../../..{OUTSIDE}"),
        Member.symlink("etc/hosts", f"/../../../..{OUTSIDE}"),
    )
    changed = own.append(more)
    config = changed.config.with_execution(User="1234", Cmd=["python3", "-c", SERVER])
    return chroot.add(changed.with_config(config))


def tried(chroot: EmbeddedEngine, image: ImageID, user: str) -> dict[str, object]:
    with chroot.run(image, replace(SERVES, user=user)) as container:
        host, port = container.address(PORT)
        assert fetched(f"http://{host}:{port}/etc/hostname").strip()
        done = container.execute(("python3", "-"), stdin=PROBE.encode())
    assert done.status == 0, done.error_text
    found: dict[str, object] = ast.literal_eval(done.text)
    return found


def test_a_program_is_the_images_user_and_opens_no_connection(
    chroot: EmbeddedEngine, image: ImageID
) -> None:
    found = tried(chroot, image, "")
    works = {name for name, said in found.items() if said == "works"}
    assert found["who"] == (1234, 0)
    assert works == {"listen", "pair", "device", "own", "new"}
    closed = ("connect", "datagram", "raw", "netlink", "fast open", "local")
    assert {found[name] for name in closed} == {REFUSED}


def test_root_of_an_image_is_nobody(chroot: EmbeddedEngine, image: ImageID) -> None:
    found = tried(chroot, image, "0")
    assert found["who"] == (NOT_ROOT, NOT_ROOT)
    for name in ("system", "chroot", "root again", "node", "signal", "connect"):
        assert found[name] != "works", name


def test_what_one_container_writes_no_other_sees(chroot: EmbeddedEngine, image: ImageID) -> None:
    with chroot.run(image, WAITS) as one, chroot.run(image, WAITS) as other:
        assert one.execute(("sh", "-c", "echo changed > /data/seed")).status == 0
        assert other.execute(("cat", "/data/seed")).text == "seed"
    with chroot.run(image, WAITS) as later:
        assert later.execute(("cat", "/data/seed")).text == "seed"


def test_nothing_that_was_started_is_left(chroot: EmbeddedEngine, image: ImageID) -> None:
    script = f"(setsid sleep {LONG} &); (setsid sleep {LONG} &); exec sleep {LONG}"
    with chroot.run(image, RunOptions(command=("sh", "-c", script), network=Network.NONE)) as one:
        assert eventually(lambda: len(sleepers(LONG)) == 3)
        done = one.execute(("sh", "-c", f"setsid sleep {LATER} >/dev/null 2>&1 & echo started"))
        assert done.text == "started"
        assert sleepers(LATER) == []
    assert sleepers(LONG) == []


def sleepers(word: str) -> list[str]:
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if place.read_bytes() == f"sleep\0{word}\0".encode():
                found.append(place.parent.name)
        except OSError:
            continue
    return found


KILLED = """
import sys, time
from jettison.engines.embedded.engine import EmbeddedEngine
from jettison.engines.embedded.chroot import CHROOT
from jettison.engines import Network, RunOptions
engine = EmbeddedEngine()
engine.isolation = CHROOT
script = "(setsid sleep LONG &); exec sleep LONG"
engine.run(sys.argv[1], RunOptions(entrypoint=("sh", "-c", script), network=Network.NONE))
print("started", flush=True)
time.sleep(60)
""".replace("LONG", LONG)


def test_a_container_ends_with_jettison(base: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, f"oci:{base}"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout
        assert process.stdout.readline() == b"started\n"
        assert eventually(lambda: len(sleepers(LONG)) == 2)
        process.send_signal(signal.SIGKILL)
    assert eventually(lambda: not sleepers(LONG))


def test_no_link_of_an_image_leads_out(chroot: EmbeddedEngine, image: ImageID) -> None:
    options = RunOptions(
        command=("sleep", "60"),
        network=Network.NONE,
        volumes=("/outside/volume",),
        tmpfs=("/outside/memory",),
        working_directory="/outside/work",
        user="0",
    )
    with chroot.run(image, options) as container:
        assert container.execute(("touch", "/outside/memory/x")).status == 0
        assert container.execute(("cat", "/etc/hosts")).text.startswith("127.0.0.1")
    assert not Path(OUTSIDE).exists()


def test_a_port_of_this_machine_is_not_taken_for_the_containers(
    chroot: EmbeddedEngine, image: ImageID
) -> None:
    with _listening(PORT), pytest.raises(EngineError, match=str(PORT)):
        chroot.run(image, SERVES)


def _listening(port: int) -> socket.socket:
    """Take a port, as soon as a container of the test before has let go of it."""
    for _ in range(100):
        try:
            return socket.create_server(("127.0.0.1", port))
        except OSError:
            time.sleep(0.1)
    return socket.create_server(("127.0.0.1", port))


def test_containers_that_listen_run_one_after_the_other(
    chroot: EmbeddedEngine, image: ImageID
) -> None:
    first = chroot.run(image, SERVES)
    Timer(1.0, first.__exit__).start()
    with chroot.run(image, SERVES) as second:
        assert not first.state().running
        assert second.state().running


def test_a_full_disk_is_told(
    chroot: EmbeddedEngine, image: ImageID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copy2", full)
    with pytest.raises(WriteError, match="cannot be written") as caught:
        chroot.run(image, WAITS)
    assert "No space left" in caught.value.why


NOSY = """
import socket
for path in ({outside!r}, "/etc/passwd"):
    try:
        open(path)
    except PermissionError:
        continue
    raise ImportError(path)
try:
    socket.socket()
except PermissionError:
    import needed
"""


def test_images_that_cannot_be_run_are_imported_with_their_own_python(
    chroot: EmbeddedEngine, base: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    nosy = NOSY.format(outside=str(tmp_path / "secret")).encode()
    own = LayoutStore(base).read(None, AMD64)
    own = own.with_config(own.config.with_execution(WorkingDir="/app"))
    after = own.append(packed_layer(Member.directory("app"), Member.file("app/nosy.py", nosy)))
    before = after.append(packed_layer(Member.file("app/needed.py", b"")))
    names = chroot.add(before), chroot.add(after)
    request = VerificationRequest(
        image_before=names[0], image_after=names[1], modules=("nosy", "json")
    )
    with EmbeddedEngine() as engine:
        for one in (before, after):
            engine.add(one)
        measured = [measure(name, engine) for name in names]
        worse = compare_unrun(request, engine, (measured[0], measured[1]), "no rights")
        same = compare_unrun(
            replace(request, image_after=names[0]), engine, (measured[0], measured[0]), "no rights"
        )
    assert [check.name for check in worse.differences] == ["modules"]
    assert worse.differences[0].details == ("nosy: ModuleNotFoundError: No module named 'needed'",)
    assert same.equivalent
    assert not same.ran
