"""Running images by the kernel's own means.

The image holds next to nothing; this machine's programs are bound into it, read-only.
"""

from __future__ import annotations

import ast
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from images import AMD64, packed_layer
from msgspec.structs import replace

from jettison.engines import (
    Bind,
    BuildRequest,
    Container,
    ImageID,
    Network,
    RunOptions,
)
from jettison.engines.embedded import Identity, identity, started
from jettison.engines.embedded.engine import EmbeddedEngine
from jettison.engines.embedded.started import refused
from jettison.engines.limits import Limits
from jettison.errors import EngineError, ImageError, UnsupportedError, WriteError
from jettison.images.image import Image
from jettison.images.stores.layout import LayoutStore
from jettison.images.tar_writer import Member
from jettison.processes.ending import signal_number
from jettison.progress import SilentProgress

pytestmark = pytest.mark.namespaces

PYTHON = os.path.realpath(sys.executable)
SYSTEM = [Path(name) for name in ("/usr", "/bin", "/lib", "/lib64", sys.base_prefix)]
BINDS = tuple(Bind(source=path, target=str(path)) for path in SYSTEM if path.is_dir())
PASSWD = b"root:x:0:0::/root:/bin/sh\napp:x:1234:1234::/home/app:/bin/sh\n"
SERVER = """
import http.server, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
print("ready", flush=True)
http.server.HTTPServer(("127.0.0.1", 8000), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def bare_image() -> Image:
    image = Image.empty(AMD64).append(
        packed_layer(
            Member.file("etc/passwd", PASSWD),
            Member.file("etc/group", b"app:x:1234:\nextra:x:77:app\n"),
            Member.directory("data").owned(1234, 1234),
            Member.file("data/seed", b"seed").owned(1234, 1234),
            Member.directory("tmp", mode=0o1777),
            Member.file("srv/page", b"from the image"),
        )
    )
    config = image.config.with_execution(
        User="app", WorkingDir="/srv", Env=["A=image"], Cmd=[PYTHON, "-c", SERVER]
    )
    return image.with_config(config)


@pytest.fixture(scope="module")
def embedded() -> Iterator[EmbeddedEngine]:
    with EmbeddedEngine() as engine:
        yield engine


@pytest.fixture(scope="module")
def bare(embedded: EmbeddedEngine) -> ImageID:
    return embedded.add(bare_image())


def said(container: Container, script: str) -> str:
    done = container.execute((PYTHON, "-"), stdin=script.encode())
    assert done.status == 0, done.error_text
    return done.text


def eventually(check: Callable[[], bool]) -> bool:
    for _ in range(1000):
        if check():
            return True
        time.sleep(0.05)
    return False


def fetched(url: str) -> bytes:
    """Fetch, asking again for as long as nobody listens."""
    found: list[bytes] = []

    def ask() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                found.append(answer.read())
        except OSError:
            return False
        return True

    assert eventually(ask), url
    return found[0]


def test_a_server_is_reached_and_stops_when_asked(embedded: EmbeddedEngine, bare: ImageID) -> None:
    with embedded.run(bare, RunOptions(binds=BINDS, ports=(8000,))) as container:
        host, port = container.address(8000)
        assert host == "127.0.0.1"
        assert fetched(f"http://{host}:{port}/page") == b"from the image"
        assert container.state().running
        assert container.memory() > 1_000_000
        stopped = container.stop(grace=20)
        assert (stopped.exit_status, stopped.killed) == (3, False)
        assert container.state().exit_status == 3
        assert "ready" in container.logs()


def test_a_program_that_does_not_stop_is_killed(embedded: EmbeddedEngine, bare: ImageID) -> None:
    options = RunOptions(binds=BINDS, command=("sleep", "60"))
    with embedded.run(bare, options) as container:
        # Process 1 is not ended by a signal that it has no handler for.
        stopped = container.stop(grace=60)
        assert stopped.seconds < 30
        assert stopped.killed
        assert stopped.exit_status == 128 + signal.SIGKILL


def test_the_program_is_the_images_user_in_its_directory(
    embedded: EmbeddedEngine, bare: ImageID
) -> None:
    options = RunOptions(binds=BINDS, environment={"B": "option"}, command=("sleep", "60"))
    with embedded.run(bare, options) as container:
        script = "import os; print(os.getuid(), os.getgid(), os.getcwd(), os.environ['HOME'],"
        script += " os.environ['A'], os.environ['B'])"
        assert said(container, script) == "1234 1234 /srv /home/app image option"


def test_the_container_sees_its_own_processes_and_no_files_of_this_machine(
    embedded: EmbeddedEngine, bare: ImageID, tmp_path: Path
) -> None:
    with embedded.run(bare, RunOptions(binds=BINDS, command=("sleep", "60"))) as container:
        command = said(container, "print(open('/proc/1/cmdline').read().split(chr(0))[:2])")
        assert command == "['sleep', '60']"
        assert said(container, f"import os; print(os.path.exists({str(tmp_path)!r}))") == "False"
        assert said(container, "import os; print(sorted(os.listdir('/dev/.old')))"
                    " if os.path.exists('/dev/.old') else print('gone')") == "gone"  # fmt: skip


def test_nothing_outside_is_reached(embedded: EmbeddedEngine, bare: ImageID) -> None:
    script = "import socket\ntry: socket.create_connection(('192.0.2.1', 53), 2)\n"
    script += "except OSError: print('closed')"
    for network in Network:
        options = RunOptions(binds=BINDS, command=("sleep", "60"), network=network)
        with embedded.run(bare, options) as container:
            assert said(container, script) == "closed"


def test_a_read_only_root_still_has_its_volumes(embedded: EmbeddedEngine, bare: ImageID) -> None:
    options = RunOptions(
        binds=BINDS,
        read_only=True,
        hardened=True,
        tmpfs=("/tmp",),
        volumes=("/data", "/new"),
        command=("sleep", "60"),
    )
    with embedded.run(bare, options) as container:
        assert container.execute(("touch", "/srv/x")).status != 0
        assert container.execute(("touch", "/usr/x")).status != 0
        assert container.execute(("touch", "/tmp/x", "/data/x")).status == 0
        assert said(container, "print(open('/data/seed').read())") == "seed"
        assert "NoNewPrivs:\t1" in said(container, "print(open('/proc/self/status').read())")


@pytest.mark.parametrize("place", ["/", "/proc", "/proc/acpi", "/srv/../sys", "/kernel/fs"])
@pytest.mark.parametrize("kind", ["volumes", "tmpfs"])
def test_no_volume_covers_or_copies_what_the_kernel_shows(
    embedded: EmbeddedEngine, place: str, kind: str
) -> None:
    image = embedded.add(bare_image().append(packed_layer(Member.symlink("kernel", "/proc"))))
    options = replace(RunOptions(binds=BINDS, command=("sleep", "60")), **{kind: (place,)})
    with (
        pytest.raises(EngineError, match="did not start") as caught,
        embedded.run(image, options),
    ):
        pass
    assert "no volume can be at /" in caught.value.why


def test_what_one_container_writes_no_other_sees(embedded: EmbeddedEngine, bare: ImageID) -> None:
    options = RunOptions(binds=BINDS, command=("sleep", "60"))
    with embedded.run(bare, options) as one, embedded.run(bare, options) as other:
        assert one.execute(("sh", "-c", "echo changed > /data/seed; echo > /tmp/x")).status == 0
        assert said(one, "print(open('/data/seed').read())") == "changed"
        assert said(other, "print(open('/data/seed').read())") == "seed"


def test_services_find_each_other_by_name(embedded: EmbeddedEngine, bare: ImageID) -> None:
    waiting = RunOptions(binds=BINDS, command=("sleep", "60"))
    with (
        embedded.run(bare, waiting) as first,
        embedded.run(bare, RunOptions(binds=BINDS, beside=first.id, alias="web")) as second,
    ):
        assert eventually(lambda: "ready" in second.logs())
        script = "import urllib.request as r; print(r.urlopen('http://web:8000/page').read())"
        assert said(first, script) == "b'from the image'"


def test_a_command_has_its_status_and_both_streams(embedded: EmbeddedEngine, bare: ImageID) -> None:
    with embedded.run(bare, RunOptions(binds=BINDS, command=("sleep", "60"))) as container:
        done = container.execute(("sh", "-c", "echo out; echo err >&2; exit 7"))
        assert (done.status, done.text, done.error_text) == (7, "out", "err")
        assert container.execute(("/no/such/program",)).status == 127
        assert container.execute(("/etc/passwd",)).status == 126
        assert container.execute(("sh", "-c", "kill -9 $$")).status == 128 + signal.SIGKILL


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (RunOptions(command=("/no/such/program",)), "No such file"),
        (RunOptions(command=("/etc/passwd",)), "Permission denied"),
        (RunOptions(user="nobody-knows"), "etc/passwd"),
    ],
)
def test_a_program_that_cannot_start_is_told(
    embedded: EmbeddedEngine, bare: ImageID, options: RunOptions, why: str
) -> None:
    with pytest.raises(EngineError) as caught:
        embedded.run(bare, replace(options, binds=BINDS))
    assert why in caught.value.why


@pytest.mark.parametrize("place", ["/" + "a" * 300, "/" + "b/" * 3 + "c" * 9000])
def test_a_folder_that_cannot_be_is_no_fault_of_the_kernel(
    embedded: EmbeddedEngine, bare: ImageID, place: str
) -> None:
    for options in (RunOptions(working_directory=place), RunOptions(volumes=(place,))):
        with pytest.raises(EngineError, match="the container did not start") as caught:
            embedded.run(bare, replace(options, binds=BINDS))
        assert "no folder can be at /" in caught.value.why
        assert len(caught.value.why) < 1000


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Entrypoint", ["x", 5]),
        ("Cmd", [["x"]]),
        ("Env", [None]),
        ("ExposedPorts", ["8000/tcp"]),
        ("Labels", {"a": [1]}),
        ("User", 5),
        ("Healthcheck", {"Test": ["CMD", 5]}),
        ("Healthcheck", {"Test": ["CMD", "true"], "Interval": "5s"}),
    ],
)
def test_a_config_of_other_types_is_told(
    embedded: EmbeddedEngine, field: str, value: object
) -> None:
    image = bare_image()
    name = embedded.add(image.with_config(image.config.with_execution(**{field: value})))
    with pytest.raises(ImageError, match=r"not as specified|is not|no text"):
        embedded.inspect(name)


def test_an_image_without_a_command_is_told(embedded: EmbeddedEngine) -> None:
    name = embedded.add(Image.empty(AMD64))
    with pytest.raises(EngineError, match="no command"):
        embedded.run(name, RunOptions())


def test_images_are_named_as_places(embedded: EmbeddedEngine, tmp_path: Path) -> None:
    LayoutStore(tmp_path / "layout").write(bare_image(), None)
    facts = embedded.inspect(f"oci:{tmp_path / 'layout'}")
    assert facts.user == "app"
    assert facts.size == bare_image().measure()
    with pytest.raises(EngineError, match="no image oci:"):
        embedded.inspect(f"oci:{tmp_path / 'absent'}")


def test_a_cache_that_cannot_be_written_is_no_fault_of_the_image(
    embedded: EmbeddedEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> NoReturn:
        raise WriteError("the cache cannot be written", why="No space left on device")

    monkeypatch.setattr("jettison.engines.embedded.engine.locate", full)
    with pytest.raises(WriteError, match="cannot be written"):
        embedded.inspect(f"oci:{tmp_path / 'layout'}")


def test_a_dockerfile_is_not_built(embedded: EmbeddedEngine, tmp_path: Path) -> None:
    request = BuildRequest(context=tmp_path, dockerfile=tmp_path / "Dockerfile", tag="x")
    with pytest.raises(UnsupportedError, match="Dockerfile cannot be built"):
        embedded.build(request, SilentProgress())


KILLED = """
import sys, time
sys.path.insert(0, {support!r})
sys.path.insert(0, {here!r})
from test_embedded import *
engine = EmbeddedEngine()
container = engine.run(engine.add(bare_image()), RunOptions(binds=BINDS, command=("sleep", "60")))
print(container.begun.process, engine._directory, flush=True)
time.sleep(60)
"""


def test_a_container_ends_with_jettison(embedded: EmbeddedEngine, tmp_path: Path) -> None:
    here = Path(__file__).parent
    script = KILLED.format(support=str(here.parent / "support"), here=str(here))
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout
        first = process.stdout.readline().split()[0]
        process.kill()
    assert eventually(lambda: not Path(f"/proc/{first}").exists())


@pytest.mark.parametrize(
    ("user", "found"),
    [
        ("", Identity(uid=0, gid=0, groups=(0,), home="/root")),
        ("app", Identity(uid=1234, gid=1234, groups=(77, 1234), home="/home/app")),
        ("1234", Identity(uid=1234, gid=1234, groups=(77, 1234), home="/home/app")),
        ("app:extra", Identity(uid=1234, gid=77, home="/home/app")),
        ("5000:6000", Identity(uid=5000, gid=6000, home="/")),
        ("5000", Identity(uid=5000, gid=0, groups=(0,), home="/")),
    ],
)
def test_a_user_is_looked_up_in_the_image(tmp_path: Path, user: str, found: Identity) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_bytes(PASSWD)
    (tmp_path / "etc/group").write_bytes(b"app:x:1234:\nextra:x:77:app\n")
    assert identity(tmp_path, user) == found


@pytest.mark.parametrize("user", ["odd", "far", "long", "9" * 5000, "5:" + "9" * 5000, str(2**32)])
def test_a_number_that_no_user_has_is_refused(tmp_path: Path, user: str) -> None:
    (tmp_path / "etc").mkdir()
    lines = ("odd:x:5:group::/:", f"far:x:{2**40}:0::/:", f"long:x:{'9' * 5000}:0::/:")
    (tmp_path / "etc/passwd").write_text("\n".join(lines))
    with pytest.raises(EngineError, match="knows no"):
        identity(tmp_path, user)


@pytest.mark.parametrize("name", ["0", "99", "9" * 5000, "SIGNONE", "²"])
def test_a_signal_that_no_kernel_has_is_refused(name: str) -> None:
    with pytest.raises(EngineError, match="stop signal"):
        signal_number(name)


def test_the_users_of_this_machine_are_not_those_of_the_image(tmp_path: Path) -> None:
    (tmp_path / "etc").symlink_to("/etc")
    with pytest.raises(EngineError, match="no user 'root'"):
        identity(tmp_path, "root")


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "apparmor_restrict"),
        ("user/max_user_namespaces", "0", "max_user_namespaces=15000"),
        ("user/max_user_namespaces", "9000", "--security-opt"),
    ],
)
def test_a_kernel_that_refuses_is_told_how_to_allow(
    tmp_path: Path, setting: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(started, "_KERNEL", tmp_path)
    (tmp_path / setting).parent.mkdir(parents=True)
    (tmp_path / setting).write_text(value + "\n")
    assert words in refused("unshare: Operation not permitted").hint


def test_root_of_a_container_is_nobody_of_this_machine(
    embedded: EmbeddedEngine, bare: ImageID
) -> None:
    options = RunOptions(binds=BINDS, command=("sleep", "60"), user="0")
    with embedded.run(bare, options) as container:
        assert said(container, "import os; print(os.getuid())") == "0"
        line = said(container, "print(open('/proc/self/uid_map').read())").split()
        if os.geteuid() == 0:
            assert int(line[1]) >= 1 << 31
            status = Path(f"/proc/{container.begun.process}/status").read_text()
            assert re.search(r"^Uid:\t(\d+)", status, re.MULTILINE)[1] == line[1]  # type: ignore[index]  # always there


# What Docker hides or lets nobody write; not all of it is in every kernel.
FORBIDDEN = """
import ast
import os
import re
found = []
def write(path):
    try:
        os.close(os.open(path, os.O_WRONLY))
        found.append(path)
    except OSError:
        pass
for top, _, names in os.walk("/proc/sys"):
    for name in names:
        write(os.path.join(top, name))
for name in ("sysrq-trigger", "irq/default_smp_affinity", "bus/pci/devices"):
    write("/proc/" + name)
for name in ("kcore", "keys", "timer_list", "sched_debug", "kmsg"):
    try:
        if os.read(os.open("/proc/" + name, os.O_RDONLY | os.O_NONBLOCK), 1):
            found.append("/proc/" + name)
    except OSError:
        pass
print(found)
"""


@pytest.mark.parametrize("hardened", [False, True])
def test_nothing_of_the_kernel_is_shown_or_written(
    embedded: EmbeddedEngine, bare: ImageID, hardened: bool
) -> None:
    options = RunOptions(binds=BINDS, command=("sleep", "60"), user="0", hardened=hardened)
    with embedded.run(bare, options) as container:
        assert said(container, FORBIDDEN) == "[]"


PRIVILEGES = """
import ctypes, re
status = open("/proc/self/status").read()
print([re.search(rf"{name}:\\s*(\\w+)", status)[1] for name in ("CapEff", "CapBnd", "Seccomp")])
libc = ctypes.CDLL(None, use_errno=True)
for call in (lambda: libc.unshare(0x10000000), lambda: libc.mount(b"x", b"/tmp", b"tmpfs", 0, 0),
             lambda: libc.syscall(250, 0, 0), lambda: libc.syscall(321, 0, 0, 0),
             lambda: libc.sethostname(b"x", 1)):
    print(call(), ctypes.get_errno())
"""


@pytest.mark.parametrize(("hardened", "most"), [(False, 0xA80425FB), (True, 0)])
def test_capabilities_and_system_calls_are_those_that_docker_leaves(
    embedded: EmbeddedEngine, bare: ImageID, hardened: bool, most: int
) -> None:
    options = RunOptions(binds=BINDS, command=("sleep", "60"), user="0", hardened=hardened)
    with embedded.run(bare, options) as container:
        told, *calls = said(container, PRIVILEGES).splitlines()
        effective, bound, seccomp = ast.literal_eval(told)
        assert int(effective, 16) | int(bound, 16) | most == most
        if os.uname().machine == "x86_64":
            assert seccomp == "2"
            assert calls == ["-1 1"] * 5


@pytest.mark.parametrize("link", ["/dev/.old/{0}", "/../../../../{0}", "/proc/self/root/{0}"])
def test_no_link_of_an_image_leads_a_mount_to_this_machine(
    embedded: EmbeddedEngine, tmp_path: Path, link: str
) -> None:
    outside = tmp_path / "outside"
    target = link.format(str(outside).lstrip("/"))
    image = bare_image().append(
        packed_layer(
            Member.symlink("volume", target),
            Member.symlink("deep", f"{target}/below"),
            Member.symlink("etc/hosts", f"{target}/hosts"),
        )
    )
    options = RunOptions(
        binds=BINDS,
        volumes=("/volume", "/deep/volume"),
        tmpfs=("/volume/tmpfs",),
        working_directory="/deep/work",
        command=("sleep", "60"),
        user="0",
    )
    with embedded.run(embedded.add(image), options) as container:
        assert container.execute(("touch", "/volume/x")).status == 0
        assert container.execute(("ls", "/dev/.old/etc")).status != 0
    assert not outside.exists()


def test_no_module_of_the_current_folder_is_run(
    embedded: EmbeddedEngine, bare: ImageID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "types", "signal", "select", "ctypes", "asyncio", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with embedded.run(bare, RunOptions(binds=BINDS, ports=(8000,))) as container:
        host, port = container.address(8000)
        assert fetched(f"http://{host}:{port}/page") == b"from the image"
        assert container.execute(("true",)).status == 0
    assert not (tmp_path / "ran").exists()


def test_what_a_killed_engine_left_is_removed_by_the_next(
    embedded: EmbeddedEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Path(__file__).parent
    script = KILLED.format(support=str(here.parent / "support"), here=str(here))
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout
        assert process.stdout.readline()
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        with EmbeddedEngine():
            assert len(list(tmp_path.iterdir())) == 2  # that of an engine at work stays
        process.kill()
    with EmbeddedEngine():
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


GREEDY = """
import os, time
count = 0
try:
    for _ in range(100):
        if os.fork() == 0:
            time.sleep(5)
            os._exit(0)
        count += 1
except OSError:
    pass
print(count, flush=True)
bytearray(800 << 20)
"""


def test_a_container_takes_no_more_than_its_limits() -> None:
    before = own_groups()
    with EmbeddedEngine(Limits(memory=400 << 20, processes=30)) as engine:
        options = RunOptions(binds=BINDS, command=(PYTHON, "-c", GREEDY))
        with engine.run(engine.add(bare_image()), options) as container:
            assert eventually(lambda: not container.state().running)
            assert container.state().exit_status != 0
            if container.groups.memory:
                assert "--memory-limit" in container.state().ending
            assert 0 < int(container.logs().splitlines()[0]) < 30
    assert own_groups() <= before


def own_groups() -> set[str]:
    """Give the control groups of this process; those of others may vanish meanwhile."""
    prefix = f"jettison-{os.getpid()}-"
    places = (Path(place) for place, _, _ in os.walk("/sys/fs/cgroup"))
    return {str(place) for place in places if place.name.startswith(prefix)}
