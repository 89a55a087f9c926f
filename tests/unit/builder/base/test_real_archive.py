"""Against the real archive: the composed base as it will be shipped."""

import os
import platform

import pytest

from jettison.builder.bytecode import Compiler
from jettison.builder.bytecode_interpreters import composed_compiler, host_architecture
from jettison.builder.minimal_base import composed_base
from jettison.errors import NetworkError
from jettison.formats.elf import read_elf
from jettison.images.entry import Kind
from jettison.index.debian import Archive
from jettison.plan.minimal_base import TRIPLETS, BaseRequest
from jettison.processes import run

pytestmark = pytest.mark.network
PROGRAM = """
import bz2, ctypes, decimal, hashlib, lzma, readline, sqlite3, ssl, uuid, zlib, zoneinfo
print(ssl.OPENSSL_VERSION.split()[0], sqlite3.sqlite_version.split(".")[0])
"""


@pytest.fixture(scope="module")
def archive():
    # with the cache of the user, as others that build a base of Debian's packages
    opened = Archive()
    try:
        opened.index("trixie")
    except NetworkError as away:
        if os.environ.get("JETTISON_REQUIRE_NETWORK") == "1":
            raise
        pytest.skip(f"no Debian mirror answers: {away}")
    return opened


@pytest.mark.parametrize("architecture", TRIPLETS)
def test_every_file_is_for_the_asked_architecture(archive, architecture):
    tree = composed_base(BaseRequest(python="3.13", architecture=architecture), archive)
    machine = {"amd64": 62, "arm64": 183}[architecture]
    contents = [
        b"".join(member.content()) for member in tree.members if member.entry.kind is Kind.FILE
    ]
    found = {int.from_bytes(each[18:20], "little") for each in contents if read_elf(each)}
    assert found == {machine}
    assert tree.size < 50_000_000
    assert tree.notes == ()


@pytest.mark.skipif(not host_architecture(), reason=f"no base runs on {platform.machine()}")
@pytest.mark.parametrize("python", ["3.13", "3.11"])
def test_the_interpreter_runs_and_compiles(archive, tmp_path, python):
    request = BaseRequest(python=python, architecture=host_architecture())
    compiler = composed_compiler(composed_base(request, archive), tmp_path)
    assert isinstance(compiler, Compiler)
    command = (*compiler.command, "-sSc", PROGRAM)
    done = run(command, environment=compiler.environment)
    assert (done.text, done.status) == ("OpenSSL 3", 0), done.error_text
    ((path, _),) = compiler.compiled([("a.py", b"A = 1\n")])
    assert path == f"__pycache__/a.cpython-{python.replace('.', '')}.pyc"
