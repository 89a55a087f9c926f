"""The program that build stages run, on small environments with wheels made here."""

import base64
import csv
import hashlib
import os
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest
from elf import shared_library

from jettison.plan.removal import remove_files

SITE = "lib/python3.11/site-packages"


def install(environment: Path, name: str, files: dict[str, str | bytes]) -> None:
    """Put files below site-packages, as an installer does, and state them in RECORD."""
    site = environment / SITE
    folder = f"{name}-1.0.dist-info"
    files = {**files, f"{folder}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"}
    rows = []
    for path, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        place = Path(os.path.normpath(site / path))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        rows.append([path, digest(data), str(len(data))])
        if path.endswith(".py"):
            code = place.parent / "__pycache__" / f"{place.stem}.cpython-311.pyc"
            code.parent.mkdir(exist_ok=True)
            code.write_bytes(b"code")
            rows.append([code.relative_to(site).as_posix(), "", ""])
    rows.append([f"{folder}/RECORD", "", ""])
    with (site / folder / "RECORD").open("w", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


def digest(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    root = tmp_path / "venv"
    install(
        root,
        "counting",
        {
            "counting/__init__.py": "from counting.numbers import ONE\n",
            "counting/numbers.py": "ONE = 1\n",
            "counting/numbers.pyi": "ONE: int\n",
            "counting/include/counting.h": "int one;\n",
            "counting/tests/__init__.py": "",
            "counting/tests/test_numbers.py": "from counting import ONE\n",
            "counting/tests/data/numbers.txt": "1\n",
            "../../../bin/count": "#!/bin/sh\n",
        },
    )
    return root


def take_out(environment: Path, text: str, tmp_path: Path) -> None:
    listed = tmp_path / "removed-files.txt"
    listed.write_text(text)
    remove_files.main([str(listed), str(environment)])


def present(environment: Path) -> set[str]:
    site = environment / SITE
    return {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}


def wrong_rows(environment: Path) -> list[str]:
    """Rows of every RECORD whose file is missing, or differs from what is stated."""
    found = []
    for distribution in distributions(path=[str(environment / SITE)]):
        for file in distribution.files or ():
            place = Path(file.locate())
            stated = f"{file.hash.mode}={file.hash.value}" if file.hash else None
            if not place.exists() or (stated and stated != digest(place.read_bytes())):
                found.append(str(file))
    return found


def test_folder_leaves_with_its_byte_code_and_its_rows(environment: Path, tmp_path: Path) -> None:
    take_out(environment, "# tests\ncounting/tests/\n", tmp_path)
    assert not [path for path in present(environment) if "tests" in path]
    assert not (environment / SITE / "counting/tests").exists()
    assert "counting/numbers.py" in present(environment)
    assert wrong_rows(environment) == []


def test_what_stays_still_imports(environment: Path, tmp_path: Path) -> None:
    take_out(environment, "counting/tests/\ncounting/**/*.pyi\n", tmp_path)
    program = "import counting, importlib.metadata as m; print(counting.ONE, m.version('counting'))"
    shown = subprocess.run(
        [sys.executable, "-B", "-c", program],
        env={"PYTHONPATH": str(environment / SITE)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == "1 1.0\n"


def test_patterns_and_paths_of_the_environment(environment: Path, tmp_path: Path) -> None:
    take_out(environment, "counting/**/*.h\n/bin/count\nabsent/\nabsent.py\n", tmp_path)
    assert "counting/include/counting.h" not in present(environment)
    assert not (environment / "bin/count").exists()
    assert wrong_rows(environment) == []


def test_nothing_outside_of_the_environment_is_touched(environment: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file.py").write_text("")
    (environment / SITE / "linked").symlink_to(outside)
    take_out(environment, "linked/\nlinked/file.py\n", tmp_path)
    assert (outside / "file.py").exists()
    with pytest.raises(SystemExit, match="not a path below"):
        take_out(environment, "../../../../outside/\n", tmp_path)
    assert (outside / "file.py").exists()


@pytest.mark.parametrize(
    ("source", "stays"),
    [
        ("import counting.tests.test_numbers\n", True),
        ("from counting.tests import (\n    test_numbers,\n)\n", True),
        ("from counting import tests\n", True),
        ("def run():\n    from counting.tests import test_numbers\n", True),
        ("try:\n    import counting.tests\nexcept ImportError:\n    pass\n", False),
        ("try:\n    pass\nexcept ImportError:\n    import counting.tests\n", True),
        ("try:\n    import counting.tests\nexcept ValueError:\n    pass\n", True),
        ("if TYPE_CHECKING:\n    import counting.tests\n", False),
        ("# import counting.tests\n", False),
        ("import counting\n", False),
        ("from . import tests\n", False),
    ],
)
def test_what_is_imported_stays(
    environment: Path, tmp_path: Path, source: str, stays: bool
) -> None:
    install(environment, "other", {"other/__init__.py": source})
    take_out(environment, "counting/tests/\n", tmp_path)
    assert ("counting/tests/data/numbers.txt" in present(environment)) == stays


def test_relative_imports_count(environment: Path, tmp_path: Path) -> None:
    install(environment, "other", {"counting/check.py": "from .tests.test_numbers import ONE\n"})
    take_out(environment, "counting/tests/\n", tmp_path)
    assert "counting/tests/__init__.py" in present(environment)


def test_imports_of_some_files_do_not_count(environment: Path, tmp_path: Path) -> None:
    install(environment, "other", {"other/build.py": "import counting.tests\n"})
    take_out(environment, "together\nnot counting: other/\ncounting/tests/\n", tmp_path)
    assert "counting/tests/__init__.py" not in present(environment)


def test_a_file_that_a_module_beside_it_names_stays(environment: Path, tmp_path: Path) -> None:
    reading = "SOURCE = open(os.path.join(os.path.dirname(__file__), 'fast.c')).read()\n"
    named = {"other/fast.py": reading, "other/fast.c": "", "other/far/slow.c": "", "other/a.h": ""}
    install(environment, "other", named)
    take_out(environment, "other/**/*.c\n", tmp_path)
    assert {"other/fast.c", "other/far/slow.c"} <= present(environment)
    take_out(environment, "other/fast.c\nother/far/*.c\nother/*.h\n", tmp_path)
    assert "other/fast.c" in present(environment)
    assert not {"other/far/slow.c", "other/a.h"} & present(environment)


def test_lines_stay_one_by_one_and_together(environment: Path, tmp_path: Path) -> None:
    install(environment, "other", {"other/__init__.py": "import counting.tests\n"})
    take_out(environment, "together\ncounting/tests/\ncounting/**/*.pyi\n", tmp_path)
    assert "counting/numbers.pyi" in present(environment)
    take_out(environment, "counting/tests/\ncounting/**/*.pyi\n", tmp_path)
    assert "counting/numbers.pyi" not in present(environment)
    assert "counting/tests/__init__.py" in present(environment)


def test_what_a_kept_paragraph_imports_stays_too(environment: Path, tmp_path: Path) -> None:
    install(environment, "other", {"other/__init__.py": "import counting.tests\n"})
    install(environment, "helping", {"helping/tests/__init__.py": ""})
    site = environment / SITE
    (site / "counting/tests/__init__.py").write_text("import helping.tests\n")
    take_out(environment, "counting/tests/\n\nhelping/tests/\n", tmp_path)
    assert "helping/tests/__init__.py" in present(environment)


def test_sections_are_cut_and_stated(environment: Path, tmp_path: Path) -> None:
    library = with_sections(shared_library("libcount.so"), b"names of functions" * 100)
    appended = library + b"a program of its own"
    plugin = with_sections(shared_library("libqcount.so"), b"\0.qtmetadata\0")
    files = {"fast/_fast.so": library, "fast/_own.so": appended, "fast/plugin.so": plugin}
    install(environment, "fast", files)
    take_out(environment, "sections: **/*.so*\n", tmp_path)
    cut = (environment / SITE / "fast/_fast.so").read_bytes()
    assert cut[64:] == shared_library("libcount.so")[64:]
    assert cut[40:48] == bytes(8)
    assert (environment / SITE / "fast/_own.so").read_bytes() == appended
    assert (environment / SITE / "fast/plugin.so").read_bytes() == plugin
    assert wrong_rows(environment) == []


def with_sections(library: bytes, symbols: bytes) -> bytes:
    """The library with something unloaded and an (empty) table of sections behind its segments."""
    table = bytes(64 * 2)
    at = len(library) + len(symbols)
    head = library[:40] + at.to_bytes(8, "little") + library[48:58]
    head += b"".join(number.to_bytes(2, "little") for number in (64, 2, 1))
    return head + library[64:] + symbols + table


def test_environment_without_an_interpreter(tmp_path: Path) -> None:
    target = tmp_path / "packages"
    (target / "one-1.0.dist-info").mkdir(parents=True)
    (target / "one").mkdir()
    (target / "one/tests.pyi").write_text("")
    (target / "one-1.0.dist-info/RECORD").write_text(
        "one/tests.pyi,,\none-1.0.dist-info/RECORD,,\n"
    )
    take_out(target, "one/**/*.pyi\n", tmp_path)
    assert (target / "one-1.0.dist-info/RECORD").read_text() == "one-1.0.dist-info/RECORD,,\n"


def test_what_left_is_written_down(environment: Path, tmp_path: Path) -> None:
    listed, written = tmp_path / "list.txt", tmp_path / "removed"
    listed.write_text("# why\ncounting/tests/\n/bin/count\n")
    remove_files.main([str(listed), str(environment), str(written)])
    assert {line for line in written.read_text().splitlines() if not line.endswith(".pyc")} == {
        "../../../bin/count",
        "counting/tests/__init__.py",
        "counting/tests/data/numbers.txt",
        "counting/tests/test_numbers.py",
    }


def test_a_text_that_looks_like_an_import_keeps_nothing(environment: Path, tmp_path: Path) -> None:
    text = '"""Example:\n\n    from counting.tests import test_numbers\n"""\n'
    (environment / SITE / "counting" / "guide.py").write_text(text)
    take_out(environment, "counting/tests/\n", tmp_path)
    assert not (environment / SITE / "counting" / "tests").exists()


LINK = "link: drawing/two.bin -> drawing/one.bin\n"


def is_one_file(environment: Path) -> bool:
    folder = environment / SITE / "drawing"
    return (folder / "one.bin").samefile(folder / "two.bin")


def test_equal_files_become_one(
    environment: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = bytes(2_000_000)
    install(environment, "drawing", {"drawing/one.bin": content, "drawing/two.bin": content})
    take_out(environment, f"# why\n{LINK}", tmp_path)
    assert is_one_file(environment)
    assert capsys.readouterr().out == "0 files removed, 0 shortened, 1 linked: 2.0 MB\n"
    assert (environment / SITE / "drawing/two.bin").read_bytes() == content
    assert wrong_rows(environment) == []
    take_out(environment, LINK, tmp_path)
    assert capsys.readouterr().out == "0 files removed, 0 shortened, 0 linked: 0.0 MB\n"


@pytest.mark.parametrize(("content", "mode"), [(b"other", 0o644), (b"equal", 0o755)])
def test_files_that_differ_stay_two(
    environment: Path, tmp_path: Path, content: bytes, mode: int
) -> None:
    install(environment, "drawing", {"drawing/one.bin": b"equal", "drawing/two.bin": content})
    (environment / SITE / "drawing/two.bin").chmod(mode)
    take_out(environment, LINK, tmp_path)
    assert not is_one_file(environment)
    assert (environment / SITE / "drawing/two.bin").read_bytes() == content


def test_a_symbolic_link_stays_one(environment: Path, tmp_path: Path) -> None:
    install(environment, "drawing", {"drawing/one.bin": b"equal"})
    second = environment / SITE / "drawing/two.bin"
    second.symlink_to("one.bin")
    take_out(environment, LINK, tmp_path)
    assert second.is_symlink()


@pytest.mark.parametrize("gone", ["one", "two"])
def test_a_file_without_its_equal_stays_as_it_is(
    environment: Path, tmp_path: Path, gone: str
) -> None:
    install(environment, "drawing", {"drawing/one.bin": b"equal", "drawing/two.bin": b"equal"})
    take_out(environment, f"drawing/{gone}.bin\n\n{LINK}", tmp_path)
    left = {path for path in present(environment) if path.startswith("drawing/")}
    assert left == {"drawing/one.bin", "drawing/two.bin"} - {f"drawing/{gone}.bin"}
    assert wrong_rows(environment) == []


def test_no_file_outside_of_the_environment_becomes_a_link(
    environment: Path, tmp_path: Path
) -> None:
    install(environment, "drawing", {"drawing/one.bin": b"equal"})
    (tmp_path / "two.bin").write_bytes(b"equal")
    with pytest.raises(SystemExit, match="not a path below"):
        take_out(environment, "link: ../../../../two.bin -> drawing/one.bin\n", tmp_path)
    assert (tmp_path / "two.bin").stat().st_nlink == 1


@pytest.mark.parametrize("other", [None, "lib/python3.9/dist-packages"])
def test_debians_own_python_has_its_distributions_elsewhere(
    tmp_path: Path, other: str | None
) -> None:
    root = tmp_path / "local"
    install(root, "counting", {"counting/__init__.py": "", "counting/tests/__init__.py": ""})
    place = root / SITE
    if other is None:
        place = place.rename(place.with_name("dist-packages"))
    else:
        (root / other).mkdir(parents=True)
    listed = tmp_path / "list"
    listed.write_text("counting/tests/\n")
    remove_files.main([str(listed), str(root)])
    assert not (place / "counting/tests").exists()
    assert (place / "counting/__init__.py").exists()
