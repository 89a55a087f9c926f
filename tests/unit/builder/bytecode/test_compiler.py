import importlib.util
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from jettison.builder.bytecode import (
    Compiler,
    KeptBytecode,
    bytecode_members,
    is_whole,
    seal_tree,
)
from jettison.builder.bytecode_interpreters import composed_compiler, host_compiler
from jettison.errors import ProgramError
from jettison.images.entry import Kind
from jettison.images.tar_writer import Member
from jettison.plan.minimal_base import BaseTree
from jettison.values import Skipped

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
MODULES = [
    ("app/main.py", b"import os\nNAMES = {'b', 'a', 'c'}\n\ndef here():\n    return __file__\n"),
    ("app/broken.py", b"def (:\n"),
    ("app/latin.py", "# coding: latin-1\nTEXT = 'é'\n".encode("latin-1")),
    ("app/warns.py", b"PATTERN = '\\d'\n"),
    ("app/names.py", b"BULLET = '\\N{BULLET}'\n\ndef here():\n    return ucnhash_CAPI, Codec\n"),
    ("app/turkish.py", "# coding: iso8859-9\nTEXT = 'ş'\n".encode("iso8859-9")),
    ("app/same.py", b"import os\n\ndef here(Codec, encode):\n    return 'x', Codec, encode, os\n"),
    ("app/empty.py", b""),
]


@pytest.fixture(scope="module")
def compiler():
    found = host_compiler(HERE)
    assert isinstance(found, Compiler)
    return found


def test_modules_are_compiled_to_where_python_looks(compiler):
    found = dict(compiler.compiled(MODULES))
    tag = sys.implementation.cache_tag
    names = [f"app/__pycache__/{name}.{tag}.pyc" for name in (
        "main", "latin", "warns", "names", "turkish", "same", "empty"
    )]  # fmt: skip
    assert list(found) == names
    assert all(
        importlib.util.cache_from_source(path) == compiler.cached_path(path) for path, _ in MODULES
    )


def test_the_bytecode_is_trusted_without_looking_at_the_source(compiler, tmp_path):
    ((path, content),) = compiler.compiled([("tool.py", b"print('compiled', __name__)\n")])
    assert content[4:8] == b"\1\0\0\0"
    tmp_path.joinpath(path).parent.mkdir()
    tmp_path.joinpath(path).write_bytes(content)
    tmp_path.joinpath("tool.py").write_text("print('source')\n")
    done = subprocess.run(
        [*compiler.command, "-c", "import tool; print(tool.__cached__)"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[0] == "compiled tool"


@pytest.mark.parametrize(("edited", "says"), [(False, "as it was"), (True, "edited")])
def test_a_module_that_may_be_edited_is_compared_with_its_source(compiler, tmp_path, edited, says):
    (tmp_path / "tool.py").write_text("print('as it was')\n")
    source = Member.file("tool.py", (tmp_path / "tool.py").read_bytes())
    folder, module = bytecode_members(compiler, [source], checked=True)
    (tmp_path / folder.entry.path).mkdir()
    (tmp_path / module.entry.path).write_bytes(b"".join(module.content()))
    if edited:
        (tmp_path / "tool.py").write_text("print('edited')\n")
    done = subprocess.run(
        [*compiler.command, "-c", "import tool"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == says


def test_the_path_in_the_image_is_what_tracebacks_show(compiler):
    ((_, content),) = compiler.compiled([("srv/app/x.py", b"def f(): pass\n")])
    assert b"/srv/app/x.py" in content


def test_the_bytes_depend_on_the_module_alone(compiler):
    first = dict(compiler.compiled(MODULES))
    shuffled = random.Random(4).sample(MODULES, len(MODULES))
    assert dict(compiler.compiled(shuffled)) == first
    alone = {path: content for module in MODULES for path, content in compiler.compiled([module])}
    assert alone == first


def test_no_modules_give_no_bytecode(compiler):
    assert list(compiler.compiled([])) == []


def test_an_interpreter_that_fails_is_said():
    broken = Compiler(version="3.99.0", command=(sys.executable, "--no-such-option"))
    with pytest.raises(ProgramError, match=r"Python 3\.99\.0 failed to compile"):
        list(broken.compiled(MODULES))


def test_a_python_that_is_not_here_is_skipped():
    found = host_compiler("2.6")
    assert isinstance(found, Skipped)
    assert "python2.6" in found.reason


def test_members_get_bytecode_with_their_owner(compiler):
    members = [
        Member.file("app/main.py", b"X = 1\n").owned(7, 8),
        Member.file("app/data.txt", b"text"),
        Member.directory("app"),
        Member.symlink("app/link.py", "main.py"),
    ]
    directory, module = bytecode_members(compiler, members)
    assert (directory.entry.path, directory.entry.kind) == ("app/__pycache__", Kind.DIRECTORY)
    assert module.entry.path == compiler.cached_path("app/main.py")
    assert (module.entry.uid, module.entry.gid) == (7, 8)
    assert len(b"".join(module.content())) == module.entry.size


def test_a_source_that_takes_all_memory_is_not_compiled(compiler):
    long = Member.file("app/data.py", b"import os\n" * 2_000_000)
    assert bytecode_members(compiler, [long]) == ()


def test_bytecode_is_kept_for_a_name_that_is_no_text(compiler, tmp_path):
    kept = KeptBytecode(compiler=compiler, folder=tmp_path)
    made, again = (list(kept.compiled([("app/caf\udce9.py", b"X = 1\n")])) for _ in range(2))
    assert made == again == [(compiler.cached_path("app/caf\udce9.py"), made[0][1])]


def test_a_base_that_does_not_run_here_is_skipped(tmp_path):
    tree = BaseTree(
        members=(), packages=(), key="k", python_version="3.13.5",
        interpreter="/usr/bin/python3.13",
    )  # fmt: skip
    found = composed_compiler(tree, tmp_path)
    assert isinstance(found, Skipped)
    assert "3.13.5" in found.what


def test_a_kept_interpreter_that_was_changed_is_not_started(tmp_path: Path) -> None:
    program = tmp_path / "tree" / "bin" / "python3"
    program.parent.mkdir(parents=True)
    program.write_bytes(b"the interpreter")
    written = program.stat().st_mtime_ns
    kept = Compiler(version="3.13.5", command=(str(program),), tree=str(tmp_path / "tree"))
    seal_tree(tmp_path / "tree", kept)
    assert is_whole(tmp_path / "tree", kept)
    program.write_bytes(b"the Interpreter")
    os.utime(program, ns=(written, written))
    assert not is_whole(tmp_path / "tree", kept)
    assert not (tmp_path / "tree").exists()


def test_a_kept_interpreter_that_grew_to_holes_is_not_read(tmp_path: Path) -> None:
    program = tmp_path / "tree" / "bin" / "python3"
    program.parent.mkdir(parents=True)
    program.write_bytes(b"the interpreter")
    kept = Compiler(version="3.13.5", command=(str(program),), tree=str(tmp_path / "tree"))
    seal_tree(tmp_path / "tree", kept)
    os.truncate(program, 1 << 42)
    assert not is_whole(tmp_path / "tree", kept)


SPY = """#!{python}
import _socket, os, sys
status = open("/proc/self/status").read()
with open({told!r}, "w") as told:
    try:
        _socket.socket()
        print("socket", file=told)
    except OSError:
        print("closed", file=told)
    print("NoNewPrivs:\\t1" in status, sorted(os.environ), file=told)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux confines")
def test_an_interpreter_of_an_image_opens_no_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    program = tmp_path / "python"
    program.write_text(SPY.format(python=sys.executable, told=str(tmp_path / "told")))
    program.chmod(0o755)
    version = ".".join(str(part) for part in sys.version_info[:3])
    compiler = Compiler(version=version, command=(str(program),), confined=True)
    assert len(list(compiler.compiled([("m.py", b"x = 1\n")]))) == 1
    closed, rights = (tmp_path / "told").read_text().splitlines()
    assert closed == "closed"
    assert rights.startswith("True")
    assert "AWS" not in rights
