"""Edits as the lines that go and come: every other line has to stay byte for byte."""

import difflib
from textwrap import dedent

import pytest

from jettison.errors import InputSyntaxError, UnsupportedError
from jettison.formats.compose import edit, parse
from jettison.formats.compose.services import (
    AddToList,
    AddVolume,
    Change,
    RemoveKey,
    RemoveMount,
    SetBuild,
    SetHealthCheck,
    SetKey,
    SetTopLevel,
)

FILE = """\
# A shop
version: "3.8"   # for old clients

services:
  web:
    build: ./backend   # the context
    container_name: "shop"   # fixed
    ports: ["8000:8000"]
    volumes:
      # Source for hot reload
      - ./backend:/app  \x20

      # For backups
      - /var/run/docker.sock:/var/run/docker.sock
      - ./data:/app/data  # keep me
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:8000/health"]
      interval: 30s
    tmpfs: /run

  # The queue
  worker:
    image: worker
    volumes:
    - type: bind
      source: .
      target: /app
    - cache:/cache

volumes:
  data:
    name: shop_data
"""


def changed(text: str, *changes: Change) -> str:
    """The lines that go (-) and come (+), with the text's last state checked for stability."""
    new = edit(text, changes)
    assert edit(new, changes) == new, "doing it twice changes more"
    parse(new, file="docker-compose.yml")
    old_lines, new_lines = text.splitlines(keepends=True), new.splitlines(keepends=True)
    lines = list(difflib.unified_diff(old_lines, new_lines, n=0))[2:]
    return "".join(f"{line[0]} {line[1:]}" for line in lines if line[0] in "-+")


def test_a_mount_goes_with_its_comment() -> None:
    assert changed(FILE, RemoveMount(service="web", target="/app")) == (
        "-       # Source for hot reload\n-       - ./backend:/app   \n- \n"
    )
    assert changed(FILE, RemoveMount(service="web", target="/var/run/docker.sock")) == (
        "-       # For backups\n-       - /var/run/docker.sock:/var/run/docker.sock\n"
    )


def test_a_mount_in_long_form_goes() -> None:
    assert changed(FILE, RemoveMount(service="worker", target="/app/")) == (
        "-     - type: bind\n-       source: .\n-       target: /app\n"
    )


def test_the_key_goes_with_the_last_mount() -> None:
    text = (
        "services:\n  web:\n    image: a\n    # Source\n    volumes:\n      - .:/app\n    user: a\n"
    )
    assert edit(text, [RemoveMount(service="web", target="/app")]) == (
        "services:\n  web:\n    image: a\n    user: a\n"
    )


@pytest.mark.parametrize(
    ("target", "left"),
    [("/a", '["b:/b", c:/c]'), ("/b", '[".:/a", c:/c]'), ("/c", '[".:/a", "b:/b"]')],
)
def test_a_mount_in_a_list_on_one_line_goes(target: str, left: str) -> None:
    text = 'services:\n  web:\n    volumes: [".:/a", "b:/b", c:/c]  # mounts\n'
    assert edit(text, [RemoveMount(service="web", target=target)]) == (
        f"services:\n  web:\n    volumes: {left}  # mounts\n"
    )


def test_places_count_characters() -> None:
    text = 'services:\n  wéb:\n    volumes: ["ü:/ü", "b:/b"]  # é\u2028\n    user: a\n'
    assert edit(text, [RemoveMount(service="wéb", target="/ü")]) == (
        'services:\n  wéb:\n    volumes: ["b:/b"]  # é\u2028\n    user: a\n'
    )


def test_a_heading_of_several_mounts_stays() -> None:
    text = """\
        services:
          web:
            volumes:
              # What is mounted
              - .:/app
              - a:/a
              - b:/b
        """
    assert changed(dedent(text), RemoveMount(service="web", target="/app")) == (
        "-       - .:/app\n"
    )


def test_a_mount_that_is_not_there_changes_nothing() -> None:
    assert changed(FILE, RemoveMount(service="web", target="/nowhere")) == ""
    assert (
        changed("services:\n  web:\n    image: a\n", RemoveMount(service="web", target="/")) == ""
    )


def test_a_byte_order_mark_stays_in_front_of_what_is_added() -> None:
    mark = "\ufeff"
    new = edit(
        mark + FILE.replace("# A shop\n", ""), [SetTopLevel(path=("name",), value="shop-dev")]
    )
    assert new.startswith(mark)
    assert new.count(mark) == 1
    assert parse(new, file="compose.yaml").name == "shop-dev"


def test_a_mount_is_added_first_or_to_a_list() -> None:
    mount = AddToList(service="worker", key="volumes", value=".:/src", comment="Source", first=True)
    assert changed(FILE, mount) == "+     # Source\n+     - .:/src\n"
    assert changed(FILE, AddToList(service="web", key="ports", value="9000:9000")) == (
        '-     ports: ["8000:8000"]\n+     ports: ["8000:8000", "9000:9000"]\n'
    )
    assert changed(FILE, AddToList(service="worker", key="volumes", value="d:/d")) == (
        "+     - d:/d\n"
    )


def test_a_scalar_becomes_a_list_when_a_member_is_added() -> None:
    assert changed(FILE, AddToList(service="web", key="tmpfs", value="/tmp")) == (
        "-     tmpfs: /run\n+     tmpfs:\n+       - /run\n+       - /tmp\n"
    )


def test_the_health_check_keeps_its_times() -> None:
    test = ("CMD", "python", "-c", 'print("$HOME")')
    change = SetHealthCheck(service="web", test=test)
    assert changed(FILE, change) == (
        '-       test: ["CMD", "curl", "-f", "http://localhost:8000/health"]\n'
        '+       test: ["CMD", "python", "-c", "print(\\"$$HOME\\")"]\n'
    )
    check = parse(edit(FILE, [change]), file="f").services[0].healthcheck
    assert check is not None
    assert check.test == test


def test_a_health_check_is_added_and_a_switched_off_one_stays_off() -> None:
    test = ("CMD", "true")
    assert changed(FILE, SetHealthCheck(service="worker", test=test)) == (
        '+     healthcheck:\n+       test: ["CMD", "true"]\n'
    )
    off = "services:\n  web:\n    healthcheck:\n      disable: true\n"
    assert changed(off, SetHealthCheck(service="web", test=test)) == ""


def test_keys_are_set_in_place_or_added_at_the_end() -> None:
    added = changed(
        FILE,
        SetKey(service="web", key="read_only", value=True, comment="As built;\nnothing is written"),
        SetKey(service="web", key="cap_drop", value=("ALL",)),
        SetKey(service="web", key="restart", value="no"),
    )
    assert added == (
        "+     # As built;\n+     # nothing is written\n+     read_only: true\n"
        '+     cap_drop:\n+       - ALL\n+     restart: "no"\n'
    )
    assert changed(FILE, SetKey(service="worker", key="image", value="other:1.0")) == (
        "-     image: worker\n+     image: other:1.0\n"
    )
    assert changed(FILE, SetKey(service="web", key="container_name", value="shop-dev")) == (
        '-     container_name: "shop"   # fixed\n+     container_name: "shop-dev"   # fixed\n'
    )


def test_a_key_goes_with_its_lines() -> None:
    assert changed(FILE, RemoveKey(service="web", key="healthcheck")) == (
        "-     healthcheck:\n"
        '-       test: ["CMD", "curl", "-f", "http://localhost:8000/health"]\n'
        "-       interval: 30s\n"
    )


def test_a_build_gets_its_dockerfile() -> None:
    assert changed(FILE, SetBuild(service="web", dockerfile="Dockerfile.dev")) == (
        "-     build: ./backend   # the context\n"
        "+     build:\n"
        "+       context: ./backend   # the context\n"
        "+       dockerfile: Dockerfile.dev\n"
    )
    text = (
        "services:\n  web:\n    build:\n      dockerfile: A\n      target: prod\n      context: .\n"
    )
    change = SetBuild(service="web", dockerfile="B")
    assert edit(text, [change]) == (
        "services:\n  web:\n    build:\n      dockerfile: B\n      context: .\n"
    )


def test_the_top_level() -> None:
    assert changed(FILE, SetTopLevel(path=("name",), value="shop-dev")) == "+ name: shop-dev\n+ \n"
    assert changed(FILE, SetTopLevel(path=("volumes", "data", "name"), value="x")) == (
        "-     name: shop_data\n+     name: x\n"
    )
    assert changed(FILE, AddVolume(name="logs")) == "+   logs:\n"
    assert edit("services:\n  web:\n    image: a\n", [AddVolume(name="logs")]) == (
        "services:\n  web:\n    image: a\n\nvolumes:\n  logs:\n"
    )
    assert edit("volumes:\nservices:\n  web:\n    image: a\n", [AddVolume(name="logs")]) == (
        "volumes:\n  logs:\nservices:\n  web:\n    image: a\n"
    )


SHARED = """\
x-app: &app
  restart: always
  volumes: &mounts
    - .:/app
    - data:/data   # keep
services:
  web:
    <<: *app
    image: a
  worker:
    image: a
    volumes: *mounts
  beat: &beat
    image: b
    volumes: [".:/app", "a:/b"]
  twin:
    <<: *beat
    command: run
"""


def test_what_comes_through_an_anchor_is_written_out_before_it_changes() -> None:
    assert changed(SHARED, RemoveMount(service="web", target="/app")) == (
        "+     volumes:\n+       - data:/data   # keep\n"
    )
    assert changed(SHARED, RemoveMount(service="worker", target="/app")) == (
        "-     volumes: *mounts\n+     volumes:\n+       - data:/data   # keep\n"
    )


def test_who_shares_a_changed_part_keeps_it() -> None:
    new = parse(edit(SHARED, [RemoveMount(service="beat", target="/app")]), file="f")
    mounts = {one.name: [mount.target for mount in one.volumes] for one in new.services}
    assert mounts["beat"] == ["/b"]
    assert mounts["twin"] == ["/app", "/b"]


def test_a_new_flag_does_not_reach_who_merges_the_service() -> None:
    assert changed(SHARED, SetKey(service="beat", key="read_only", value=True)) == (
        "+     read_only: true\n+     read_only: false\n"
    )
    new = parse(edit(SHARED, [SetKey(service="beat", key="read_only", value=True)]), file="f")
    assert [one.read_only for one in new.services] == [False, False, True, False]


ALIASES = """\
services:
  web: &web
    build: .
    tmpfs: [/run]
  other: *web  # the same
  third: *web
"""


@pytest.mark.parametrize("name", ["web", "other"])
def test_a_flag_does_not_reach_services_that_are_the_same_by_an_alias(name: str) -> None:
    changes = [
        SetKey(service=name, key="read_only", value=True),
        AddToList(service=name, key="tmpfs", value="/tmp"),
        AddToList(service=name, key="security_opt", value="no-new-privileges:true"),
    ]
    new = edit(ALIASES, changes)
    assert "  other:  # the same\n    <<: *web\n" in new
    for one in parse(new, file="f").services:
        assert one.read_only is (one.name == name)
        assert one.tmpfs == (("/run", "/tmp") if one.name == name else ("/run",))
        assert bool(one.security_opt) is (one.name == name)


def test_a_merged_key_is_taken_out_by_a_null() -> None:
    assert changed(SHARED, RemoveKey(service="web", key="restart")) == "+     restart: null\n"


BLOCK = """\
services:
  web:  # two
    image: a
    ports: ['80:80']
    environment: {"A": "{}"}
    stdin_open:
    read_only: true
  other: {image: b}
"""


@pytest.mark.parametrize(
    "text",
    [
        """\
services:
  web: {image: a, ports: ['80:80'], environment: {"A": "{}"}, stdin_open: }  # two
  other: {image: b}
""",
        """\
services: {web: {image: a, ports:
  ['80:80'], environment: {"A": "{}"}, stdin_open: ,}, other: {image: b}}
""",
        """\
{services: {web: {
  image: a, ports: ['80:80'], "environment":{"A": "{}"}, stdin_open}, other: {image: b}}}
""",
    ],
)
def test_a_service_in_braces_becomes_a_block_when_it_changes(text: str) -> None:
    change = SetKey(service="web", key="read_only", value=True)
    new = edit(text, [change])
    assert new.replace('"environment"', "environment").replace("web:\n", "web:  # two\n") == BLOCK
    assert edit(new, [change]) == new
    assert edit(text, [RemoveKey(service="web", key="none")]) == text


def test_anchors_comments_and_json_are_kept_in_a_block() -> None:
    change = SetKey(service="web", key="read_only", value=True)
    text = "# one\nx: &x [1]\nservices: {web: &web {image: a, ports: *x}, other: {image: b}}"
    assert edit(text, [change]) == (
        "# one\nx: &x [1]\nservices:\n  web: &web\n    image: a\n    ports: *x\n"
        "    read_only: true\n  other: {image: b}\n"
    )
    text = '{\n "services": {\n  "web": {\n   "command": [\n    "a"\n   ]\n  }\n }\n}\n'
    assert edit(text, [change]) == (
        '"services":\n  "web":\n    "command": [ "a" ]\n    read_only: true\n'
    )


def test_windows_line_ends_go_on() -> None:
    text = "services:\r\n  web:\r\n    image: a"
    assert edit(text, [SetKey(service="web", key="init", value=True)]) == (
        "services:\r\n  web:\r\n    image: a\r\n    init: true\r\n"
    )


def test_block_text_is_one_part() -> None:
    text = "services:\n  web:\n    command: |\n      a\n\n      # b\n\n    # next\n    image: a\n"
    assert edit(text, [SetKey(service="web", key="command", value=("x",))]) == (
        'services:\n  web:\n    command: ["x"]\n\n    # next\n    image: a\n'
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("services:\n  web: {image: a, # which?\n    build: .}\n", UnsupportedError),
        ("services:\n  web: &web {image: a, environment: [*x]}\n", InputSyntaxError),
        ("services:\n  other:\n    image: a\n", UnsupportedError),
        ("services: [\n", InputSyntaxError),
    ],
)
def test_what_cannot_be_edited_is_said(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        edit(text, [SetKey(service="web", key="init", value=True)])


@pytest.mark.parametrize(
    "value",
    ["plain", "true", "1.5", "a: b", "a #b", "- x", "no-new-privileges:true", "22:22", "", "{a}",
     "${A:-b}", "*x", "key:", "a b", "null", "0x1f", "é", 'say "x"', " lead", "/tmp:size=1m", "$$x",
     "2024-01-01", "a,b", "[a]", "!x", "%x", "@x", "`x`", "a\nb"],
)  # fmt: skip
def test_text_is_read_back_as_it_was_set(value: str) -> None:
    text = edit(
        "services:\n  web:\n    image: a\n", [SetKey(service="web", key="user", value=value)]
    )
    user = parse(text, file="f", env={}).services[0].user
    written = {"${A:-b}": "b", "$$x": "$x"}.get(value, value)
    assert user == written
