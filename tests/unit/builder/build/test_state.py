"""What of a project and of Jettison itself a kept build depends on."""

from __future__ import annotations

import os
from pathlib import Path

from jettison.tasks.project_state import stamp


def package(folder: Path) -> Path:
    folder.mkdir()
    (folder / "module.py").write_text("a = 1\n")
    return folder


def test_bytecode_that_python_keeps_changes_nothing(tmp_path: Path) -> None:
    folder = package(tmp_path / "package")
    before = stamp(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "module.cpython-313.pyc").write_bytes(b"x")
    os.utime(folder, (1, 1))
    assert stamp(folder) == before


def test_a_changed_module_counts(tmp_path: Path) -> None:
    folder = package(tmp_path / "package")
    before = stamp(folder)
    (folder / "module.py").write_text("a = 10\n")
    assert stamp(folder) != before
    (folder / "other.py").write_text("")
    assert stamp(folder) != before
