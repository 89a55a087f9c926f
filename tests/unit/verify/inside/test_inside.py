"""The scripts that run in containers, run here with this Python."""

from __future__ import annotations

import ast
import os
import re
import socket
import sqlite3
import subprocess
import sys
import venv
import zoneinfo
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jettison.catalogue import table
from jettison.catalogue.systems import Loopback
from jettison.images.stores.root import remove_directory
from jettison.verify.inside import commands as inside_commands
from jettison.verify.inside import volumes as inside_volumes
from jettison.verify.interior import script_text

MARKER = "jettison-says:"


def run(
    script: str,
    asked: dict[str, Any],
    folder: Path,
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
    *,
    python: str = sys.executable,
) -> bytes:
    command = [python, "-B", "-c", script_text(script, asked)]
    return subprocess.run(
        command, input=stdin, cwd=folder, capture_output=True, check=True, env=environment
    ).stdout


def ask(
    script: str,
    asked: dict[str, Any],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    python: str = sys.executable,
) -> Any:
    said = run(script, asked, folder, environment=environment, python=python)
    lines = said.decode().splitlines()
    return ast.literal_eval(next(one for one in lines if one.startswith(MARKER))[len(MARKER) :])


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python with one distribution: all files of the one that runs the tests take seconds."""
    root = tmp_path_factory.mktemp("environment")
    venv.create(root, symlinks=True)
    site = next(root.glob("lib/python*/site-packages"))
    (site / "kept").mkdir()
    (site / "kept" / "__init__.py").write_text("")
    (site / "kept-1.dist-info").mkdir()
    (site / "kept-1.dist-info" / "METADATA").write_text("Name: kept\nVersion: 1\n")
    (site / "kept-1.dist-info" / "RECORD").write_text("kept/__init__.py,,\n")
    return str(root / "bin" / "python")


def test_a_file_that_was_linked_after_the_start_was_there_and_a_written_one_was_not(
    tmp_path: Path,
) -> None:
    for name in ("linked", "written"):
        (tmp_path / name).write_text(name)
    os.utime(tmp_path / "linked", (10**9, 10**9))
    asked = {"touched": [str(tmp_path / name) for name in ("linked", "written", "absent")]}
    assert list(ask("facts", asked, tmp_path)["touched"]) == [str(tmp_path / "linked")]


def test_facts_are_those_of_this_process(tmp_path: Path) -> None:
    asked = {
        "time_zones": ["", "No/Where"],
        "programs": ["sh", "no-such-program"],
        "libraries": ["no-such-library", "libc.so.6"],
        "names": ["localhost", "no-such-host.invalid"],
        "writable": [str(tmp_path), str(tmp_path / "absent")],
    }
    facts = ask("facts", asked, tmp_path)
    assert facts["user_id"] == os.getuid()
    assert facts["python"] == ".".join(map(str, sys.version_info[:3]))
    assert "pytest" in facts["distributions"]
    assert "iniconfig" in facts["required"]["pytest"]
    assert "hypothesis" not in facts["required"]["pytest"]
    assert facts["programs"]["sh"][0] is True
    assert facts["programs"]["no-such-program"] == (False, "FileNotFoundError: no-such-program")
    assert facts["libraries"]["no-such-library"][0] is False
    assert facts["libraries"]["libc.so.6"] == (True, "libc.so.6")
    assert [works for works, _ in facts["writable"].values()] == [True, False]
    assert facts["time_zones"]["No/Where"].startswith("no: ZoneInfoNotFoundError")
    assert facts["names"]["localhost"][0] is True
    assert facts["names"]["no-such-host.invalid"][0] is False
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_listened_at_are_told_by_their_place_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home := tmp_path / "home").mkdir()
    places = (home / "control.ctl", tmp_path / "app.sock")
    rows = [f"0: 00000002 00000000 00010000 0001 01 1 {place}" for place in places]
    (table := tmp_path / "unix").write_text("\n".join(rows) + "\n")
    for place in places:
        place.touch(0o600)
    monkeypatch.setattr(inside_volumes, "OF_CHANCE", re.compile("[^/]"))
    monkeypatch.setenv("HOME", str(home))
    own = inside_volumes.NUMBERED.sub("#", str(tmp_path))
    told = f"{own}/app.sock (0600), ~/control.ctl (0600)"
    assert inside_volumes.sockets(table) == told


def test_the_parts_of_a_database_that_was_written_are_told(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as base:
        base.executescript("create table a(b  text unique); create index c on a(b);")
        base.executescript("create table d(e); insert into d values (1), (2);")
    (tmp_path / "b.db").write_bytes(b"SQLite format 3\0 and nothing of it")
    (tmp_path / "c.txt").write_text("x")
    found = ask("facts", {"volumes": [str(tmp_path)], "alone": True}, tmp_path)
    held = {path.removeprefix(str(tmp_path)) for path in found if "content" in path}
    assert {path.removeprefix(str(tmp_path)) for path in found} - held == {
        "/a.db", "/a.db, table a", "/a.db, index c", "/a.db, table d", "/b.db", "/c.txt",
    }  # fmt: skip
    assert sorted(re.sub("[a-p]{8}", "…", one) for one in held) == [
        "/a.db, content … of d.e",
        "/c.txt, content …",
    ]
    assert found[f"{tmp_path}/a.db, table a"] == "CREATE TABLE a(b text unique)"


def test_the_constraints_of_a_table_have_no_order_and_its_columns_have_one() -> None:
    made = "CREATE TABLE t ( a TEXT DEFAULT ',)', b DECIMAL(2, 1), {}, {} ) STRICT"
    rules = ("CHECK (a IN ('(', 'x'))", "CONSTRAINT k FOREIGN KEY(a, b) REFERENCES u (a, b)")
    told = inside_volumes.ordered(made.format(*rules))
    assert told == inside_volumes.ordered(made.format(*reversed(rules)))
    assert told != inside_volumes.ordered(made.format(*rules).replace("a TEXT DEFAULT ',)', ", ""))
    assert told.startswith("CREATE TABLE t (a TEXT DEFAULT ',)', b DECIMAL(2, 1), CHECK")
    other = inside_volumes.ordered("CREATE TABLE t (b INT, a TEXT)")
    assert other != inside_volumes.ordered("CREATE TABLE t (a TEXT, b INT)")


def test_files_are_written_elsewhere_too_but_not_where_systems_have_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = ("out/a.csv", "var/lib/app/state.json", "srv/data.db")
    own = ("etc/b", "var/lib/dpkg/status", "srv/__pycache__/c", "home/u/.cache/d", "jettison-x/e")
    for one in (*own, *kept):
        path = tmp_path / one
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    system = {one.replace("/", f"{tmp_path}/", 1) for one in inside_volumes.SYSTEM}
    monkeypatch.setattr(inside_volumes, "SYSTEM", system)
    found = inside_volumes.files(inside_volumes.elsewhere(str(tmp_path)))
    assert sorted(found) == sorted(str(tmp_path / one) for one in kept)


def test_what_was_written_is_told_however_deep_and_no_pipe_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe.db")
    monkeypatch.chdir(tmp_path)
    with closing(socket.socket(socket.AF_UNIX)) as control:
        control.bind("server.ctl")
    (tmp_path / "gone").symlink_to("nowhere")
    (tmp_path / "inner").symlink_to(tmp_path)
    deep = str(tmp_path)
    for _ in range(1500):
        deep += "/d"
        Path(deep).mkdir()
    Path(deep, "end").write_text("x")
    found = ask("facts", {"volumes": [str(tmp_path), "/absent"], "alone": True}, tmp_path)
    assert {path.removeprefix(str(tmp_path)) for path in found if "content" not in path} == {
        "/pipe.db", "/gone", "/d" * 1500 + "/end",
    }  # fmt: skip
    remove_directory(str(tmp_path / "d"))


def test_limits_and_variables_of_the_first_process_are_told(tmp_path: Path) -> None:
    process = ask("facts", {}, tmp_path)["process"]
    assert "limit of open files" in process
    assert "limit of processes" in process
    assert int(process["priority"]) in range(-20, 20)
    signals = process.get("signals", "none").split(", ")
    assert all(one.rpartition(" ")[2] in ("handled", "ignored", "none") for one in signals)


def test_what_an_init_starts_tells_of_signals_and_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = tmp_path / "proc"
    for number, name, parent, handled in ((1, "tini", 0, "0"), (7, "python", 1, f"{1 << 9:x}")):
        place = listed / str(number)
        place.mkdir(parents=True)
        (place / "stat").write_text(f"{number} ({name}) S {parent} {'0 ' * 30}")
        told = {"Name": name, "Umask": "0022", "SigCgt": handled, "SigIgn": "0"}
        (place / "status").write_text("".join(f"{key}:\t{one}\n" for key, one in told.items()))
        (place / "cwd").symlink_to(tmp_path / name)
    text = script_text("facts", {}).replace('"/proc', f'"{listed}')
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, check=True)
    found = ast.literal_eval(done.stdout.decode().partition(MARKER)[2].splitlines()[0])["process"]
    assert (found["signals"], found["folder"]) == ("SIGUSR1 handled", str(tmp_path / "python"))


@pytest.mark.skipif("UTC" not in zoneinfo.available_timezones(), reason="no zone data here")
@pytest.mark.parametrize(
    ("address", "said"), [("127.0.0.1", "on the loopback alone"), ("0.0.0.0", "on every address")]
)
def test_who_reaches_the_first_port_is_said(address: str, said: str, tmp_path: Path) -> None:
    with socket.create_server((address, 0)) as server:
        port = server.getsockname()[1]
        assert ask("facts", {"ports": [port]}, tmp_path)["process"]["listens"] == said


def test_open_ports_are_told_that_settings_name(tmp_path: Path) -> None:
    free = next(port for port in range(9_000, 10_000) if is_free(port))
    with socket.create_server(("127.0.0.1", free)), socket.create_server(("127.0.0.1", 0)) as other:
        ports = ask("facts", {}, tmp_path)["process"]["ports"].split(", ")
        assert str(free) in ports
        assert str(other.getsockname()[1]) not in ports


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return bool(probe.connect_ex(("127.0.0.1", port)))


def test_who_reaches_a_port_where_nobody_listens_is_not_said(tmp_path: Path) -> None:
    port = next(port for port in range(9_000, 10_000) if is_free(port))
    assert "listens" not in ask("facts", {"ports": [port]}, tmp_path)["process"]


def test_a_zone_has_names_and_offsets(tmp_path: Path) -> None:
    facts = ask("facts", {"time_zones": ["UTC"]}, tmp_path)
    assert facts["time_zones"] == {"UTC": "UTC 0:00:00, UTC 0:00:00"}


def test_modules_are_imported_from_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text("print('noise')")
    (tmp_path / "bad.py").write_text("import absent_module")
    (tmp_path / "leaving.py").write_text("raise SystemExit(3)")
    answer = ask("capabilities", {"modules": ["good", "bad", "leaving"]}, tmp_path)
    assert answer["good"] == (True, "")
    assert answer["bad"] == (False, "ModuleNotFoundError: No module named 'absent_module'")
    assert answer["leaving"] == (False, "SystemExit: 3")


def test_a_module_that_is_a_program_without_an_end_is_left(tmp_path: Path) -> None:
    (tmp_path / "going.py").write_text(
        "import time\nwhile True:\n  try: time.sleep(9)\n  except Exception: pass\n"
    )
    (tmp_path / "good.py").write_text("")
    # on a busy machine, as if others had the processor meanwhile
    (tmp_path / "slow.py").write_text(
        "import time\nend = time.monotonic() + 1.5\n"
        "while time.monotonic() < end: sum(range(400_000)); time.sleep(.1)\n"
    )
    script = script_text("capabilities", {"modules": ["going", "good", "slow"]})
    brief = script.replace("SECONDS, IDLE = 30, 5", "SECONDS, IDLE = 1, .5")
    done = subprocess.run(
        [sys.executable, "-c", brief], cwd=tmp_path, capture_output=True, check=True
    )
    answer = ast.literal_eval(done.stdout.decode().partition(MARKER)[2])
    assert answer["going"] == (False, "SystemExit: it does not end within 1 s")
    assert answer["good"] == answer["slow"] == (True, "")


def test_tls_is_spoken_with_a_server_on_the_loopback(tmp_path: Path) -> None:
    works, version = ask("capabilities", table(Loopback).files, tmp_path)
    assert works, version
    assert version.startswith("TLSv1.")


def test_tls_that_trusts_anybody_does_not_work(tmp_path: Path) -> None:
    (tmp_path / "authority.pem").write_text(table(Loopback).authority)
    trusting = {**os.environ, "SSL_CERT_FILE": str(tmp_path / "authority.pem")}
    answer = ask("capabilities", table(Loopback).files, tmp_path, environment=trusting)
    assert answer == (False, "OSError: a server of an unknown authority is trusted")


def test_lists_of_software_are_held_against_the_files(tmp_path: Path) -> None:
    site = tmp_path / "site"
    for path, text in (
        ("good/__init__.py", ""),
        ("stray/__init__.py", ""),
        ("data/numbers.txt", "1"),
        ("good-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: good\nVersion: 1\n"),
        (
            "good-1.dist-info/RECORD",
            "good/__init__.py,,\ngood/gone.py,,\ngood/__pycache__/gone.pyc,,\n",
        ),
    ):
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
    answer = ask(
        "lists",
        {"list": "inventory", "root": str(tmp_path)},
        tmp_path,
        environment={**os.environ, "PYTHONPATH": str(site)},
    )
    assert answer["missing"]["good"] == (1, "good/gone.py")
    assert [path for path in answer["unclaimed"] if path.startswith(str(site))] == [
        str(site / "stray")
    ]


def system(root: Path, files: dict[str, str]) -> None:
    """Lay a small system out, where /lib is a link to /usr/lib."""
    (root / "usr/lib").mkdir(parents=True)
    (root / "lib").symlink_to("usr/lib")
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


ELF = "\x7fELF"
APK = "P:known\nV:1\nF:usr/lib\nR:libknown.so.1\nF:usr/bin\nR:known\n"
SUMS = "aa  usr/lib/libknown.so.1\nbb  usr/bin/known\n"
STATUS = "Package: {}\nStatus: install ok {}\nVersion: 1\nDescription: x\n y\n"


@pytest.mark.parametrize(
    ("files", "packages"),
    [
        (
            {
                "var/lib/dpkg/status": f"{STATUS.format('known', 'installed')}\n"
                + STATUS.format("gone", "config-files"),
                "var/lib/dpkg/info/known:amd64.list": "/.\n/lib/libknown.so.1\n/usr/bin/known\n",
            },
            {"known": "1"},
        ),
        (
            {
                "var/lib/dpkg/status.d/known": STATUS.format("known", "installed"),
                "var/lib/dpkg/status.d/known.md5sums": SUMS,
            },
            {"known": "1"},
        ),
        (
            {"lib/apk/db/installed": APK},
            {"known": "1"},
        ),
        ({}, {}),
    ],
    ids=["dpkg", "distroless", "apk", "nothing"],
)
def test_programs_and_libraries_have_a_package_or_none(
    files: dict[str, str], packages: dict[str, str], tmp_path: Path
) -> None:
    programs = dict.fromkeys(("usr/bin/known", "usr/lib/libknown.so.1", "usr/lib/libown.so"), ELF)
    system(tmp_path / "root", {**files, **programs, "usr/bin/script": "#!/bin/sh"})
    answer = ask("lists", {"list": "inventory", "root": str(tmp_path / "root")}, tmp_path)
    own = [path for path in answer["unclaimed"] if not path.startswith(sys.prefix)]
    lost = [] if packages else ["/usr/bin/known", "/usr/lib/libknown.so.1"]
    assert answer["packages"] == packages
    assert own == [*lost, "/usr/lib/libown.so"]


FLASK = """
class Rule:
    def __init__(self, rule, methods): self.rule, self.methods = rule, methods
class Map:
    def iter_rules(self): return [Rule("/items/<int:id>", {"GET", "HEAD"})]
class Flask:
    url_map = Map()
def create_app(): return Flask()
"""

STARLETTE = """
class Route:
    def __init__(self, path, methods=None, routes=None):
        self.path, self.methods, self.routes = path, methods, routes
class Starlette:
    routes = [Route("/a", {"GET"}), Route("/m", routes=[Route("/b", {"POST"})]), Route("/ws")]
class FastAPI(Starlette):
    def openapi(self): return {"paths": {"/a": {"get": {}}}}
class Middleware:
    def __init__(self, app): self.app = app
plain = Starlette()
app = Middleware(FastAPI())
"""


@pytest.mark.parametrize("target", ["shop", "shop.py", "./shop.py"])
def test_a_router_with_a_rule_map_is_walked(target: str, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(FLASK)
    answer = ask("routes", {"targets": ["absent:app", target]}, tmp_path)
    assert answer["routes"] == [{"path": "/items/<int:id>", "methods": ["GET", "HEAD"]}]


def test_mounted_routes_and_the_document_are_found_behind_middleware(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(STARLETTE)
    answer = ask("routes", {"targets": ["main:app"]}, tmp_path)
    assert answer["openapi"] == [{"paths": {"/a": {"get": {}}}}]
    assert [route["path"] for route in answer["routes"]] == ["/a", "/m/b"]
    assert ask("routes", {"targets": ["main:plain"]}, tmp_path)["openapi"] == []


SMOREST = """
class Spec:
    def to_dict(self): return {"paths": {"/pets/": {"post": {}}}}
class Api:
    spec = Spec()
class Rule:
    rule, methods = "/pets/", {"POST"}
class Map:
    def iter_rules(self): return [Rule()]
class Flask:
    url_map = Map()
    extensions = {"flask-smorest": {"apis": {"": {"ext_obj": Api()}}}}
app = Flask()
"""

LATER = """
class Resource:
    canonical = "/jobs/{id}"
class Route:
    method, resource = "*", Resource()
class Router:
    def routes(self): return [Route()]
class Application:
    router = Router()
Application.__module__ = "aiohttp.web"
async def init_app(): return Application()
"""


def test_a_document_that_is_served_nowhere_is_taken_from_the_extension(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(SMOREST)
    answer = ask("routes", {"targets": ["shop"]}, tmp_path)
    assert answer["openapi"] == [{"paths": {"/pets/": {"post": {}}}}]


def test_an_application_that_is_made_by_a_coroutine_is_found(tmp_path: Path) -> None:
    (tmp_path / "jobs.py").write_text(LATER)
    answer = ask("routes", {"targets": ["jobs"]}, tmp_path)
    assert answer["routes"] == [{"path": "/jobs/{id}", "methods": ["GET"]}]


def test_a_handler_that_opens_a_web_socket_by_itself_is_one(tmp_path: Path) -> None:
    opened = (
        "def talk(request): return WebSocketResponse(protocols=('v1', 'v2'))\n"
        "Route.handler = staticmethod(talk)\n"
    )
    (tmp_path / "jobs.py").write_text(f"{LATER}\n{opened}")
    (route,) = ask("routes", {"targets": ["jobs"]}, tmp_path)["routes"]
    assert route["methods"] == ["WEBSOCKET"]
    compared = route["reads"]["WEBSOCKET"]["compared"]
    assert compared == {"header Sec-WebSocket-Protocol": ["v1", "v2"]}


def test_files_that_are_served_have_the_addresses_of_their_folders(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a b.css").write_text("x")
    for name in ("top.js", "top.js.gz", "own.gz"):
        (tmp_path / name).write_text("x")
    (tmp_path / "gone").symlink_to("nowhere")
    found = ask("lists", {"list": "served", "folders": [("/static/", str(tmp_path))]}, tmp_path)
    assert found == ["/static/inner/a%20b.css", "/static/own.gz", "/static/top.js"]


BOTTLE = """
class Route:
    def __init__(self, rule, method): self.rule, self.method = rule, method
class Bottle:
    routes = [Route("/items/<id:int>", "POST"), Route("/old/:name", "ANY")]
Bottle.__module__ = "bottle"
app = Bottle()
"""

FALCON = """
class Resource:
    def on_get(self): pass
    def on_post(self): pass
class Node:
    def __init__(self, path, children=(), resource=None):
        self.uri_template, self.children, self.resource = path, children, resource
        self.method_map = {"GET": 1, "OPTIONS": 1}
class App:
    class _router:
        _roots = [Node(None, [Node("/f/{id:int}", resource=Resource())])]
App.__module__ = "falcon.app"
app = App()
"""

PYRAMID = """
class Known:
    def get_category(self, name):
        view = {"route_name": "hello", "request_methods": ("POST",)}
        route = {"name": "hello", "pattern": "hello/{name}"}
        return [{"introspectable": view if name == "views" else route}]
class Router:
    class registry:
        introspector = Known()
Router.__module__ = "pyramid.router"
app = Router()
"""

SANIC = """
class Route:
    path, methods = "s/<name:str>", {"POST"}
class Sanic:
    class router:
        routes = [Route()]
Sanic.__module__ = "sanic.app"
app = Sanic()
"""

TORNADO = """
import re
class RequestHandler:
    def _unimplemented_method(self): pass
    get = post = put = patch = delete = _unimplemented_method
class Item(RequestHandler):
    def get(self, number): return int(self.get_argument("page", "1"))
    def post(self, number): return self.get_argument("title")
class Socket(RequestHandler):
    def on_message(self, message): pass
class Matcher:
    def __init__(self, pattern): self.regex = re.compile(pattern)
class Rule:
    def __init__(self, pattern, target): self.matcher, self.target = Matcher(pattern), target
class Router:
    def __init__(self, rules): self.rules = rules
class Any:
    matcher = None
    target = Router([
        Rule(r"/item/(\\d+)\\.json$", Item), Rule(r"/b/(?P<name>[^/]+)/?$", Item),
        Rule(r"/a|/b$", Item), Rule("/ws$", Socket),
    ])
class Application:
    default_router = Router([Any()])
Application.__module__ = "tornado.web"
class Shop(Application): pass
app = Shop()
"""


def test_the_handlers_of_tornado_tell_what_they_read(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(TORNADO)
    first = ask("routes", {"targets": ["shop"]}, tmp_path)["routes"][0]["reads"]
    assert first["GET"]["query"]["properties"] == {"page": {"type": "integer"}}
    assert first["POST"]["body"][1]["properties"] == {"title": {"type": "string"}}


@pytest.mark.parametrize(
    ("source", "routes"),
    [
        (
            TORNADO,
            [
                ("/item/{group0:int}.json", ["GET", "POST"]),
                ("/b/{name}", ["GET", "POST"]),
                ("/ws", ["WEBSOCKET"]),
            ],
        ),
        (BOTTLE, [("/items/<int:id>", ["POST"]), ("/old/<name>", ["GET"])]),
        (FALCON, [("/f/{id:int}", ["GET"])]),
        (PYRAMID, [("/hello/{name}", ["POST"])]),
        (SANIC, [("/s/<str:name>", ["POST"])]),
    ],
)
def test_routers_of_other_frameworks_are_walked(
    source: str, routes: list[tuple[str, list[str]]], tmp_path: Path
) -> None:
    (tmp_path / "shop.py").write_text(source)
    answer = ask("routes", {"targets": ["shop"]}, tmp_path)
    assert [(one["path"], one["methods"]) for one in answer["routes"]] == routes


def test_what_could_not_be_imported_is_said(tmp_path: Path) -> None:
    answer = ask("routes", {"targets": ["absent:app"]}, tmp_path)
    assert answer["failures"] == ["absent:app: ModuleNotFoundError: No module named 'absent'"]


def test_tests_and_their_tools_are_carried_over(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "tests").mkdir(parents=True)
    (project / "tests" / "test_x.py").write_text("import packaging\n")
    (project / "pytest.ini").write_text("[pytest]\n")
    packed = run("overlay", {"present": ["pytest"]}, project)
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    (project / "data.txt").write_text("kept")
    asked = {"overlay": str(overlay), "working_directory": str(project), "boot": ""}
    run("overlay", asked, tmp_path, stdin=packed)
    laid = Path(f"{overlay}{project}")
    assert (laid / "tests" / "test_x.py").read_text() == "import packaging\n"
    assert (laid / "data.txt").read_text() == "kept"
    assert (overlay / ".site" / "packaging" / "version.py").is_file()
    assert not (overlay / ".site" / "pytest").exists()


def test_tools_come_last_on_the_import_path(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    packed = run("overlay", {"distributions": ["iniconfig"]}, tmp_path)
    asked = {"overlay": str(overlay), "working_directory": "/", "boot": script_text("boot", None)}
    run("overlay", asked, tmp_path, stdin=packed)
    done = subprocess.run(
        [sys.executable, "-c", "import sys; print(sys.path[-1])"],
        env={**os.environ, "PYTHONPATH": str(overlay / ".boot")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(overlay / ".site")


def test_the_images_own_customization_still_runs(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    packed = run("overlay", {"distributions": ["iniconfig"]}, tmp_path)
    asked = {"overlay": str(overlay), "working_directory": "/", "boot": script_text("boot", None)}
    run("overlay", asked, tmp_path, stdin=packed)
    (tmp_path / "sitecustomize.py").write_text("print('customized by', __file__)")
    done = subprocess.run(
        [sys.executable, "-c", ""],
        env={**os.environ, "PYTHONPATH": f"{overlay}/.boot:{tmp_path}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"customized by {tmp_path}/sitecustomize.py"
    assert done.stderr == ""


def test_the_text_of_a_distribution_is_not_that_of_the_same_path_in_the_folder(
    tmp_path: Path,
) -> None:
    (tmp_path / "iniconfig").mkdir()
    (tmp_path / "iniconfig" / "__init__.py").write_text("mine = 1\n")
    path = "iniconfig/__init__.py"
    asked = {"list": "texts", "paths": [path], "folder": str(tmp_path)}
    texts = [
        ask("lists", {**asked, "installed": installed}, tmp_path)[path]
        for installed in ([], [path])
    ]
    assert texts[0] == "mine = 1\n"
    assert "IniConfig" in texts[1]


def test_the_standard_library_is_listed_by_module(tmp_path: Path) -> None:
    found = ask("lists", {"list": "library"}, tmp_path)
    assert {"os", "json", "json.decoder", "email.mime.text"} <= set(found)
    assert not [name for name in found if "site-packages" in name]


def test_what_the_image_lacks_of_the_library_is_for_tools_alone(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    present = [name for name in ask("lists", {"list": "library"}, tmp_path) if name != "colorsys"]
    packed = run("overlay", {"distributions": ["iniconfig"], "library": present}, tmp_path)
    # the module is there in fact: a mark, as long as what it replaces, tells the copy apart
    packed = packed.replace(b"ONE_THIRD = 1.0/3.0", b"laid_here = True   ")
    asked = {"overlay": str(overlay), "working_directory": "/", "boot": script_text("boot", None)}
    run("overlay", asked, tmp_path, stdin=packed)
    asking = "def ask():\n    import colorsys\n    return hasattr(colorsys, 'laid_here')\n"
    (overlay / ".site" / "tool.py").write_text(asking)
    (tmp_path / "application.py").write_text(asking)
    for module, laid in (("tool", "True"), ("application", "False")):
        done = subprocess.run(
            [sys.executable, "-c", f"import {module}; print({module}.ask())"],
            env={**os.environ, "PYTHONPATH": f"{overlay}/.boot:{tmp_path}"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == laid


SERVER = """
import os, sys
from wsgiref.simple_server import make_server
class App:
    paths = "/" + sys.argv[1], "/" + os.environ["SHOP"]
    routes = [type("R", (), {"path": path, "methods": {"GET"}}) for path in paths]
if __name__ == "__main__":
    make_server("127.0.0.1", 1, App()).serve_forever()
"""


def test_the_application_of_a_running_process_is_found_without_a_name(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(SERVER)
    listed = tmp_path / "processes" / "7"
    listed.mkdir(parents=True)
    (listed / "cmdline").write_bytes(b"/usr/bin/python3.11\0-u\0shop.py\0notes\0")
    (listed / "environ").write_bytes(b"SHOP=goods\0")
    (listed / "cwd").symlink_to(tmp_path)
    asked = {"targets": ["no_such_module"], "processes": str(listed.parent)}
    found = ask("routes", asked, tmp_path)["routes"]
    assert [one["path"] for one in found] == ["/notes", "/goods"]


UWSGI_INI = """[uwsgi]
; what is served
chdir = %d/site
wsgi-file = shop.py
callable = served
env = SHOP=goods
"""
UWSGI_YAML = "uwsgi:\n  pythonpath: site\n  module: 'shop:served'\n  env: SHOP=goods\n"


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("uwsgi --ini shop.ini", {"shop.ini": UWSGI_INI}),
        ("/opt/venv/bin/uwsgi --master shop.ini", {"shop.ini": UWSGI_INI}),
        ("uwsgi --yaml=shop.yaml", {"shop.yaml": UWSGI_YAML}),
        ("uwsgi --http :80 --chdir site -w shop:served --env SHOP=goods", {}),
        ("uwsgi --chdir=site --wsgi-file shop.py --callable served --env SHOP=goods", {}),
    ],
)
def test_the_application_of_a_server_with_an_interpreter_inside_is_found(
    command: str, files: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "site").mkdir()
    source = SERVER.replace("sys.argv[1]", "'notes'")
    (tmp_path / "site" / "shop.py").write_text(f"{source}served = App()\n")
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    listed = tmp_path / "processes" / "1"
    listed.mkdir(parents=True)
    (listed / "cmdline").write_bytes(b"\0".join(word.encode() for word in command.split()) + b"\0")
    (listed / "environ").write_bytes(b"")
    (listed / "cwd").symlink_to(tmp_path)
    found = ask("routes", {"processes": str(listed.parent)}, tmp_path)["routes"]
    assert [one["path"] for one in found] == ["/notes", "/goods"]


def test_what_an_image_holds_is_told_without_running_the_application(
    tmp_path: Path, small: str
) -> None:
    folder, start = tmp_path / "application", tmp_path / "start"
    folder.mkdir()
    (folder / "main.py").write_text(
        "import json\ndef late():\n    import absent_module, xml.etree.ElementTree\n"
        "    import parts.inner.late.part, parts.inner.absent.part\n1 / 0\n"
    )
    for path in ("__pycache__/main.pyc", "usr/system.py", "parts/inner/late/part.py"):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_bytes(b"")
    (folder / "manage.py").write_text("import sys; sys.exit(0 if sys.argv[1:] == ['help'] else 3)")
    (folder / "setup.py").write_text("import textwrap\n")
    start.write_text("#!/bin/sh\nexec true\n")
    # neither a pipe nor a device has an end
    os.mkfifo(folder / "pipe.py")
    (folder / "zero.py").symlink_to("/dev/zero")
    (folder / "round.py").symlink_to("round.py")
    asked = {"folder": str(folder), "others": [str(folder / "usr")], "commands": ["manage.py"]}
    answer = ask("stored", {**asked, "words": [str(start), "/no/file"]}, folder, python=small)
    assert list(answer["scripts"]) == [str(start)]
    found = {path for path, digest in answer["application"].items() if digest}
    assert sorted(found) == ["main.py", "manage.py", "parts/inner/late/part.py", "setup.py"]
    assert answer["imports"] == {
        "json": "main.py",
        "parts.inner.late.part": "main.py",
        "sys": "manage.py",
        "xml.etree.ElementTree": "main.py",
    }
    assert answer["distributions"]["kept/__init__.py"][0] == "kept"
    assert answer["commands"] == {"manage.py": (0, "")}
    assert str(folder / "main.py") in answer["times"]


def test_what_commands_write_is_not_of_the_image(tmp_path: Path, small: str) -> None:
    folder = tmp_path / "application"
    (tmp_path / "data").mkdir()
    folder.mkdir()
    (folder / "manage.py").write_text("[open(n, 'w') for n in ('../data/jobs.txt', 'own.log')]")
    asked = {"folder": str(folder), "root": str(tmp_path), "whole": True}
    answer = ask("stored", asked, folder, python=small)
    assert (folder / "own.log").exists()
    assert str(folder / "own.log") not in answer["times"]
    assert (answer["commands"]["manage.py"][0], (tmp_path / "data/jobs.txt").exists()) == (0, True)
    assert str(tmp_path / "data") in answer["system"]
    assert "jobs.txt" not in answer["system"]
    # the contents of the application's files are told once
    (own,) = (line for line in answer["system"].splitlines() if "manage.py" in line)
    assert "content" not in own


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("python", "-u", "tool.py", "count"), "tool.py"),
        (("python3.11", "-m", "pack", "count"), "-m pack"),
        (("python", "plain.py"), ""),
        (("python", "-c", "1"), ""),
        (("sleep", "9"), ""),
    ],
)
def test_the_program_of_an_image_is_asked_what_it_offers(
    words: tuple[str, ...], named: str, tmp_path: Path, small: str
) -> None:
    text = "import argparse; argparse.ArgumentParser(description='counts').parse_args()"
    (tmp_path / "pack").mkdir()
    for name in ("tool.py", "pack/__main__.py"):
        (tmp_path / name).write_text(text)
    (tmp_path / "plain.py").write_text("raise SystemExit(3)")
    asked = {"folder": str(tmp_path), "commands": [named], "words": words}
    commands = ask("stored", asked, tmp_path, python=small)["commands"]
    assert list(commands) == ([named] if named else [])
    assert all(status == 0 and "counts" in said for status, said in commands.values())


def test_the_commands_of_an_own_command_are_asked_what_they_offer(
    tmp_path: Path, small: str
) -> None:
    (tmp_path / "tool.py").write_text(
        "import argparse\nparser = argparse.ArgumentParser()\n"
        "parser.add_argument('--form', choices=['a', 'b'])\n"
        "inner = parser.add_subparsers()\n"
        "inner.add_parser('count').add_argument('--fast')\nparser.parse_args()\n"
    )
    (tmp_path / "manage.py").write_text("import sys; print(sys.argv[1:])")
    for name in ("seed", "_base", "__init__"):
        own = tmp_path / "desk" / "management" / "commands" / f"{name}.py"
        own.parent.mkdir(parents=True, exist_ok=True)
        own.touch()
    names = ["tool.py", "tool.py count", "tool.py a", "manage.py seed", "manage.py _base"]
    asked = {"folder": str(tmp_path), "commands": names, "words": ("python", "tool.py")}
    commands = ask("stored", asked, tmp_path, python=small)["commands"]
    assert list(commands) == ["tool.py", "manage.py seed", "tool.py count"]
    assert "--fast" in commands["tool.py count"][1]
    assert commands["manage.py seed"] == (0, "['help', 'seed']\n")


def test_commands_are_found_in_what_click_and_typer_say() -> None:
    click = "Usage: x\n\nOptions:\n  --help  Show.\n\nCommands:\n  load   Write.\n  work\n"
    assert inside_commands.parts(click) == ["load", "work"]
    typer = "Usage: x\n╭─ Commands ──╮\n│ load   Write zones. │\n│        Twice.  │\n╰────╯\n"
    assert inside_commands.parts(typer) == ["load"]


def test_a_package_whose_modules_read_arguments_is_an_own_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "tool"
    package.mkdir()
    (package / "__main__.py").write_text("from tool.reading import main\nmain()\n")
    monkeypatch.chdir(tmp_path)
    assert inside_commands.own_command(("python", "-m", "tool")) == []
    (package / "reading.py").write_text("import click\n")
    assert inside_commands.own_command(("python", "-m", "tool")) == ["-m", "tool"]


def test_names_of_files_are_told_in_whatever_letters_standard_output_has(
    tmp_path: Path, small: str
) -> None:
    (tmp_path / "ő.txt").touch()
    letters = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    asked = {"folder": str(tmp_path), "commands": []}
    found = ask("stored", asked, tmp_path, environment=letters, python=small)
    assert "ő.txt" in found["application"]


def test_scripts_that_read_arguments_are_commands_of_an_image_that_starts_nothing_else(
    tmp_path: Path,
    small: str,
) -> None:
    text = (
        "import argparse\nif __name__ == '__main__':\n    argparse.ArgumentParser().parse_args()\n"
    )
    (tmp_path / "report.py").write_text(text, encoding="utf-8")
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "seed.py").write_text(text, encoding="utf-8")
    (tmp_path / "module.py").write_text("import argparse", encoding="utf-8")
    (tmp_path / "wipe.py").write_text("if __name__ == '__main__': raise SystemExit(1)")
    names = ["report.py", "scripts/seed.py", "module.py", "wipe.py"]
    asked = {"folder": str(tmp_path), "commands": names, "words": ["python3"]}
    started = {**asked, "words": ["python3", "wipe.py"]}
    assert not ask("stored", started, tmp_path, python=small)["commands"]
    commands = ask("stored", asked, tmp_path, python=small)["commands"]
    assert {name: status for name, (status, _) in commands.items()} == {
        "report.py": 0,
        "scripts/seed.py": 0,
    }


def test_commands_of_distributions_are_not_the_applications(tmp_path: Path, small: str) -> None:
    site = tmp_path / "lib" / "site-packages"
    for path in ("bin/tool", "main.py", "lib/site-packages/tool-1.dist-info/METADATA"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("Name: tool\n")
    (site / "tool-1.dist-info" / "RECORD").write_text("../../bin/tool,,\n")
    path = {"PYTHONPATH": str(site)}
    answer = ask("stored", {"folder": str(tmp_path)}, tmp_path, path, python=small)
    assert list(answer["application"]) == ["main.py"]
    assert answer["distributions"]["bin/tool"][0] == "tool"


def test_what_is_installed_beside_the_application_is_its_distributions(
    tmp_path: Path, small: str
) -> None:
    for path in ("main.py", "tool/__init__.py", "tool-1.dist-info/METADATA"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("Name: tool\n")
    record = "tool/__init__.py,,\ntool-1.dist-info/METADATA,,\n"
    (tmp_path / "tool-1.dist-info" / "RECORD").write_text(record)
    path = {"PYTHONPATH": str(tmp_path)}
    answer = ask("stored", {"folder": str(tmp_path)}, tmp_path, path, python=small)
    assert list(answer["application"]) == ["main.py"]
    assert answer["distributions"]["tool/__init__.py"][0] == "tool"


def test_the_languages_of_an_application_are_those_of_its_catalogues(tmp_path: Path) -> None:
    for path in (
        "shop/locale/pt_BR/LC_MESSAGES/django.mo",
        "web/locales/fr.json",
        "web/locales/index.json",
        "static/admin/select2/i18n/sv.js",
        "venv/lib/python3.12/site-packages/other/locale/de/LC_MESSAGES/x.mo",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert ask("lists", {"list": "languages", "folder": str(tmp_path)}, tmp_path) == ["fr", "pt-BR"]
    for name in ("texts/it.json", "texts/es.json", "data/mu.json", "data/stars.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    # a folder of nothing but texts that are named so
    told = ask("lists", {"list": "languages", "folder": str(tmp_path)}, tmp_path)
    assert told == ["es", "fr", "it", "pt-BR"]


def test_the_packages_of_libraries_are_told(tmp_path: Path) -> None:
    folder, lists = tmp_path / "usr/lib/x86_64-linux-gnu", tmp_path / "var/lib/dpkg/info"
    for one in (folder, lists):
        one.mkdir(parents=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    (folder / "libexpat.so.1.10").touch()
    (folder / "libexpat.so.1").symlink_to("libexpat.so.1.10")
    (folder / "libown.so.2").touch()
    listed = "/lib/x86_64-linux-gnu/libexpat.so.1\n/lib/x86_64-linux-gnu/libexpat.so.1.10\n"
    (lists / "libexpat1:amd64.list").write_text(listed)
    names = ("libexpat.so.1", "libown.so.2", "libgone.so.3")
    asked = {"list": "owners", "root": str(tmp_path), "names": names}
    assert ask("lists", asked, tmp_path) == {"libexpat.so.1": "libexpat1"}


MANAGE = """\
import sys
name, rest = sys.argv[1], sys.argv[2:]
if "--help" in rest:
    print("usage: x", "options:", "  --format {text,json}  form", sep="\\n")
    print("  -k KIND, --kind KIND  of it", "  --traceback  all of it", sep="\\n")
elif rest:
    print(name, *rest)
else:
    sys.exit(f"{name}: nothing to count")
"""


def test_own_commands_are_run_beside_a_server_with_their_options(tmp_path: Path) -> None:
    (tmp_path / "shop/management/commands").mkdir(parents=True)
    (tmp_path / "shop/management/commands/count.py").write_text("")
    (tmp_path / "manage.py").write_text(MANAGE)
    asked = {"beside": True, "folder": str(tmp_path), "words": ["gunicorn"], "others": None}
    found = ask("batch", asked, tmp_path)["others"]
    plain, json = "python manage.py count", "python manage.py count --format json"
    assert found[plain][0] == 1
    assert found[json][:2] == (0, b"count --format json\n")
    assert found["python manage.py count --kind hello"][0] == 0
    assert not any("traceback" in words for words in found)
    again = ask("batch", {**asked, "others": [json]}, tmp_path)["others"]
    assert again == {json: found[json]}


def test_files_that_processes_listen_at_are_told_with_their_modes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert inside_volumes.OF_CHANCE.match("/var/tmp/a/s")
    monkeypatch.setattr(inside_volumes, "OF_CHANCE", re.compile("/tmp/listener|[^/]"))
    table = tmp_path / "unix"
    (tmp_path / "7.sock").touch(0o660)
    (tmp_path / "7.sock").chmod(0o660)
    rows = [
        f"0: 00000002 00000000 00010000 0001 01 11 {tmp_path}/7.sock",
        f"0: 00000003 00000000 00000000 0001 03 12 {tmp_path}/7.sock",
        "0: 00000002 00000000 00010000 0001 01 13 @/tmp/.X11-unix/X0",
        "0: 00000002 00000000 00010000 0001 01 14 /tmp/listener-ab/s",
        "0: 00000002 00000000 00010000 0001 01 15",
    ]
    table.write_text("\n".join(["Num RefCount Protocol Flags Type St Inode Path", *rows, ""]))
    place = inside_volumes.NUMBERED.sub("#", f"{tmp_path}/7.sock")
    assert inside_volumes.sockets(str(table)) == f"{place} (0660)"
    table.write_text("Num RefCount Protocol Flags Type St Inode Path\n")
    assert inside_volumes.sockets(str(table)) == "none"
