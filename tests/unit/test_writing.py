"""What an interrupted command says of the files."""

from pathlib import Path

import pytest

from jettison.errors import InterruptedByUserError
from jettison.plan.plan import FileChange
from jettison.tasks.writing import told_if_written, write_in_place

CHANGE = FileChange(path="Dockerfile", before="FROM a\n", after="FROM b\n")


def interrupted(folder: Path, *, written: bool) -> None:
    with told_if_written(folder, (CHANGE,)):
        if written:
            write_in_place(folder, (CHANGE,), force=True)
        raise KeyboardInterrupt


def test_an_interrupt_after_the_last_file_says_that_all_are_written(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\n", encoding="utf-8")
    with pytest.raises(InterruptedByUserError) as told:
        interrupted(tmp_path, written=True)
    assert told.value.hint == "All 1 files were written before."


def test_an_interrupt_before_says_nothing_of_files(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\n", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        interrupted(tmp_path, written=False)
