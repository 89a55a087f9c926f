import io
import re
import sys
import time
from threading import Barrier, Thread

import pytest
from rich.console import Console

from jettison.progress import ConsoleProgress, step, told_while_waiting


def console(text: io.StringIO) -> Console:
    return Console(file=text, force_terminal=False, width=80)


def test_without_a_terminal_each_step_is_one_plain_line() -> None:
    text = io.StringIO()
    progress = ConsoleProgress(console(text))
    with step(progress, "Building [before]"):
        progress.note("[1/2] FROM python")
    assert re.fullmatch(r"Building \[before\] \(\d+\.\d s\)\n", text.getvalue())


def test_a_step_that_fails_is_not_shown_as_done() -> None:
    text = io.StringIO()
    with pytest.raises(ValueError, match="no"), step(ConsoleProgress(console(text)), "Building"):
        raise ValueError("no")
    assert text.getvalue().startswith("Building: not finished")


def test_steps_of_several_threads_each_get_their_line() -> None:
    text = io.StringIO()
    progress = ConsoleProgress(console(text))
    together = Barrier(2)

    def work(name: str) -> None:
        with step(progress, name):
            together.wait(timeout=60)

    threads = [Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(re.findall(r"^(\w+) \(", text.getvalue(), re.MULTILINE)) == ["one", "two"]


def test_a_step_may_hold_others() -> None:
    text = io.StringIO()
    progress = ConsoleProgress(console(text))
    with step(progress, "both"), step(progress, "one"):
        progress.note("of it")
    lines = [line.partition(" (")[0] for line in text.getvalue().splitlines()]
    assert lines == ["one", "both"]


def test_without_a_terminal_a_long_step_says_twice_a_minute_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text, now = io.StringIO(), [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    progress = ConsoleProgress(console(text))
    with step(progress, "verify 4 projects"):
        for number, seconds in enumerate((5, 26, 10, 25), 1):
            now[0] += seconds
            progress.note(f"{number} of 4")
    assert text.getvalue() == (
        "verify 4 projects: 2 of 4 (31 s so far)\n"
        "verify 4 projects: 4 of 4 (66 s so far)\n"
        "verify 4 projects (66.0 s)\n"
    )


def test_a_server_that_is_waited_for_is_named_until_that_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text, enough = io.StringIO(), time.monotonic() + 60
    monkeypatch.setattr("jettison.progress._SILENT_SECONDS", 0.01)
    monkeypatch.setattr(sys, "stderr", text)
    with told_while_waiting("the package index"):
        while not text.getvalue().endswith("\n") and time.monotonic() < enough:
            time.sleep(0.01)
    assert text.getvalue().startswith("waiting for the package index (0 s so far)\n")
