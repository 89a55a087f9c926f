import json
from textwrap import dedent

import pytest

from jettison.ecosystems.finding import parse_lock
from jettison.ecosystems.tool import Lock, LockedDistribution, LockedFile
from jettison.errors import InputSyntaxError


def read(name: str, text: str) -> Lock:
    return parse_lock(dedent(text), file=name)


def one(lock: Lock, name: str) -> LockedDistribution:
    (found,) = (each for each in lock.distributions if each.name == name)
    return found


def test_uv() -> None:
    lock = read(
        "uv.lock",
        """\
        version = 1
        requires-python = ">=3.11"
        resolution-markers = ["sys_platform == 'win32'", "sys_platform != 'win32'"]

        [manifest]
        members = ["app", "My_Lib"]

        [[package]]
        name = "app"
        version = "0.1.0"
        source = { editable = "." }
        dependencies = [
            { name = "httpx", extra = ["socks"], marker = "sys_platform != 'win32'" },
        ]

        [package.optional-dependencies]
        x = [{ name = "idna" }]

        [package.dev-dependencies]
        dev = [{ name = "pytest" }]

        [[package]]
        name = "httpx"
        version = "0.28.1"
        source = { registry = "https://index.example/simple" }
        resolution-markers = ["sys_platform != 'win32'"]
        sdist = { url = "https://files.example/httpx-0.28.1.tar.gz", hash = "sha256:aa", size = 5 }
        wheels = [
            { url = "https://f.example/httpx-0.28.1-py3-none-any.whl", hash = "sha256:bb" },
        ]
        """,
    )
    app, httpx = one(lock, "app"), one(lock, "httpx")
    assert (app.source, app.location) == ("editable", ".")
    assert (app.origin.line, app.origin.end_line) == (8, 21)
    assert (httpx.version, httpx.marker) == ("0.28.1", "sys_platform != 'win32'")
    assert httpx.wheels == (
        LockedFile(
            filename="httpx-0.28.1-py3-none-any.whl",
            url="https://f.example/httpx-0.28.1-py3-none-any.whl",
            size=None,
            hashes=("sha256:bb",),
        ),
    )
    assert httpx.sdist is not None
    assert httpx.sdist.size == 5


def test_poetry() -> None:
    lock = read(
        "poetry.lock",
        """\
        [[package]]
        name = "Flask"
        version = "3.0.0"
        optional = false
        python-versions = ">=3.8"
        groups = ["main", "dev"]
        markers = "os_name == 'posix'"
        files = [
            {file = "flask-3.0.0-py3-none-any.whl", hash = "sha256:aa"},
            {file = "flask-3.0.0.tar.gz", hash = "sha256:bb"},
        ]

        [package.dependencies]
        click = ">=8.1.3"
        colorama = {version = "*", markers = "platform_system == \\"Windows\\"", extras = ["x"]}

        [package.extras]
        async = ["asgiref (>=3.2)"]

        [[package]]
        name = "old"
        version = "1"
        category = "dev"

        [package.source]
        type = "git"
        url = "https://git.example/old.git"

        [metadata]
        python-versions = "^3.11"
        files = {old = [{file = "old-1.tar.gz", hash = "sha256:cc"}]}
        """,
    )
    flask, old = lock.distributions
    assert (flask.name, flask.version, flask.marker) == ("flask", "3.0.0", "os_name == 'posix'")
    assert [wheel.filename for wheel in flask.wheels] == ["flask-3.0.0-py3-none-any.whl"]
    assert flask.sdist is not None
    assert (old.source, old.location) == ("git", "https://git.example/old.git")
    assert old.sdist is not None
    assert old.sdist.hashes == ("sha256:cc",)
    assert old.origin.line == 20


def test_pdm() -> None:
    lock = read(
        "pdm.lock",
        """\
        [metadata]
        groups = ["default", "dev"]
        [[metadata.targets]]
        requires_python = ">=3.11"

        [[package]]
        name = "httpx"
        version = "0.28.1"
        groups = ["default", "dev"]
        marker = "os_name == 'posix'"
        dependencies = ["anyio", "idna; python_version > '3'"]
        files = [{file = "httpx-0.28.1-py3-none-any.whl", hash = "sha256:aa"}]
        """,
    )
    httpx = one(lock, "httpx")
    assert (httpx.version, httpx.marker) == ("0.28.1", "os_name == 'posix'")
    assert httpx.wheels[0].hashes == ("sha256:aa",)


def test_pylock() -> None:
    text = """\
        lock-version = "1.0"
        requires-python = ">=3.11"

        [[packages]]
        name = "httpx"
        version = "0.28.1"
        marker = "'dev' in dependency_groups and os_name == 'posix'"
        index = "https://index.example/simple"
        dependencies = [{ name = "idna" }]
        [[packages.wheels]]
        url = "https://f.example/httpx-0.28.1-py3-none-any.whl"
        hashes = { sha256 = "aa" }

        [[packages]]
        name = "own"
        directory = { path = "own", editable = true }

        [[packages]]
        name = "far"
        vcs = { type = "git", url = "https://git.example/far.git", commit-id = "0" }
        """
    lock = read("pylock.dev.toml", text)
    httpx = one(lock, "httpx")
    assert httpx.location == "https://index.example/simple"
    assert httpx.wheels[0].hashes == ("sha256:aa",)
    assert [(each.source, each.location) for each in lock.distributions[1:]] == [
        ("editable", "own"),
        ("git", "https://git.example/far.git"),
    ]


def test_pipfile() -> None:
    text = json.dumps(
        {
            "_meta": {"requires": {"python_version": "3.11"}},
            "default": {"Flask": {"version": "==3.0", "hashes": ["sha256:aa"], "index": "pypi"}},
            "develop": {"pytest": {"version": "==8.0", "markers": "os_name == 'posix'"}},
        },
        indent=4,
    )
    lock = read("Pipfile.lock", text)
    assert [(each.name, each.version, each.marker) for each in lock.distributions] == [
        ("flask", "3.0", ""),
        ("pytest", "8.0", "os_name == 'posix'"),
    ]
    assert [each.origin.line for each in lock.distributions] == [8, 17]


def test_what_is_no_lock_holds_nothing() -> None:
    assert read("requirements.txt", "flask==3.0\n").distributions == ()


@pytest.mark.parametrize("name", ["uv.lock", "Pipfile.lock", "pylock.toml"])
def test_a_broken_lock_is_named(name: str) -> None:
    with pytest.raises(InputSyntaxError) as caught:
        parse_lock("\n= [", file=name)
    assert caught.value.origin is not None
    assert caught.value.origin.line == 2
