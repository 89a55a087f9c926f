"""Commands of the user's own, run by this machine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from jettison.errors import ProjectError
from jettison.tasks.loading import custom_command
from jettison.verify.exchange import Answer, carry_out
from jettison.verify.exchange.comparison import compare_exchanges
from jettison.verify.request import CustomCommand

ADDRESS = ("127.0.0.1", 32768)


def answer(text: str, folder: Path, address: tuple[str, int] = ADDRESS) -> Answer:
    command = CustomCommand(words=(sys.executable, "-c", text), directory=str(folder))
    return carry_out(command, address).answer


def test_a_command_knows_the_address_and_is_run_in_its_folder(tmp_path: Path) -> None:
    text = "import os; open('url', 'w').write(os.environ['JETTISON_URL'])"
    assert answer(text, tmp_path).status == 200
    assert (tmp_path / "url").read_text() == "http://127.0.0.1:32768"


def test_the_address_of_a_run_is_no_difference(tmp_path: Path) -> None:
    text = "import os; print(os.environ['JETTISON_URL'] + '/x')"
    assert answer(text, tmp_path).body == answer(text, tmp_path, ("127.0.0.1", 41000)).body
    assert answer(text, tmp_path).body == b"http://application/x"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("print('a')", "raise SystemExit(3)", "ended with status 3, a new failure"),
        ("print('a')", "print('b')", "body[0]: 'a' became 'b'"),
        ("raise SystemExit(3)", "raise SystemExit(3)", ""),
    ],
)
def test_how_a_command_ends_and_what_it_writes_are_compared(
    before: str, after: str, said: str, tmp_path: Path
) -> None:
    words = (sys.executable, "probe.py")
    command, runs = CustomCommand(words=words, directory=str(tmp_path)), []
    for text in (before, after):
        (tmp_path / "probe.py").write_text(text)
        runs.append([carry_out(command, ADDRESS)])
    found = compare_exchanges(runs[:1], runs[1:]).differences
    assert len(found) == bool(said)
    assert all(said in one for one in found)


def test_a_program_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    (tmp_path / "smoke").write_text("#!/bin/sh\n")
    (tmp_path / "smoke").chmod(0o755)
    assert custom_command(tmp_path, ("./smoke", "x")).words[1:] == ("x",)
    for words in (("no-such-program",), ("./nothing",), ()):
        with pytest.raises(ProjectError, match="cannot be run"):
            custom_command(tmp_path, words)
