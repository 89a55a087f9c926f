import os
import re
import shlex
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from jettison import processes
from jettison.errors import ENDING, IntegrityError, ProgramError
from jettison.processes import begin, ending, follow, helper, piped, run, uninterrupted


def test_a_result_has_status_and_both_streams() -> None:
    script = "import sys; print(sys.stdin.read()); print('bad', file=sys.stderr); sys.exit(3)"
    done = run((sys.executable, "-c", script), stdin=b"good")
    assert (done.status, done.text, done.error_text) == (3, "good", "bad")


def test_environment_and_directory_are_the_callers(tmp_path: Path) -> None:
    script = "import os; print(os.environ['COLOUR'], os.getcwd())"
    done = run((sys.executable, "-c", script), environment={"COLOUR": "red"}, directory=tmp_path)
    assert done.text == f"red {tmp_path}"


def test_a_missing_program_is_named_with_what_to_do() -> None:
    with pytest.raises(ProgramError, match="'no-such-program'") as caught:
        run(("no-such-program",))
    assert caught.value.hint.startswith("Install")


def test_lines_arrive_from_both_streams() -> None:
    heard: list[str] = []
    script = "import sys; print('a', flush=True); print('b', file=sys.stderr)"
    done = follow((sys.executable, "-c", script), heard.append)
    assert heard == ["a", "b"]
    assert done.stdout == b"a\nb\n"


def test_of_a_flood_of_lines_the_last_are_kept_and_a_line_without_end_is_given_in_parts() -> None:
    heard: list[str] = []
    script = "import sys; sys.stdout.write('y\\n' * 60_000 + 'x' * 100_000)"
    done = follow((sys.executable, "-c", script), heard.append)
    assert max(map(len, heard)) < 5_000
    assert sum(map(len, heard)) == 160_000
    assert len(done.stdout) < 200_000
    assert done.stdout.endswith(b"y\n" + b"x" * 100_000)


@pytest.mark.parametrize(
    "start",
    [
        lambda command: run(command, timeout=2),
        lambda command: follow(command, lambda line: None, timeout=2),
    ],
    ids=["run", "follow"],
)
def test_a_program_that_takes_too_long_leaves_no_child_behind(
    start: Callable[[tuple[str, ...]], object], tmp_path: Path
) -> None:
    note = tmp_path / "child"
    script = f"sleep 60 & echo $! > {shlex.quote(str(note))}; wait"
    with pytest.raises(ProgramError, match="did not end within"):
        start(("sh", "-c", script))
    assert _is_gone(int(note.read_text()))


def _is_gone(identifier: int) -> bool:
    for _ in range(100):
        try:
            os.kill(identifier, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{identifier}/stat").exists() and (
            Path(f"/proc/{identifier}/stat").read_text().split(")")[1].split()[0] == "Z"
        ):
            return True  # ended, and nobody has asked for its status yet
        time.sleep(0.05)
    return False


def test_a_stream_can_be_left_early() -> None:
    script = "import sys\nwhile True: sys.stdout.write('x' * 1000)"
    with piped((sys.executable, "-c", script)) as stream:
        assert stream.read(5) == b"xxxxx"


def test_a_stream_that_ends_badly_says_why() -> None:
    script = "import sys; print('half'); sys.exit('disk full')"
    with (
        pytest.raises(ProgramError) as caught,
        piped((sys.executable, "-c", script)) as stream,
    ):
        stream.read()
    assert "disk full" in caught.value.why


def test_what_cannot_be_read_as_its_program_failed_says_why_that_failed() -> None:
    script = "import sys; print('half'); sys.exit('no such image')"

    def read() -> None:
        with piped((sys.executable, "-c", script)) as stream:
            raise IntegrityError(f"no manifest in {stream.read()!r}")

    with pytest.raises(ProgramError) as caught:
        read()
    assert caught.value.why == "no such image"


def test_a_program_that_writes_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_KEPT_BYTES", 1 << 20)
    with pytest.raises(ProgramError, match="wrote more than 1 MiB"):
        run((sys.executable, "-c", "while True: print('x' * 9999)"), timeout=60)


def test_more_is_written_to_a_file_than_is_kept_in_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(processes, "_KEPT_BYTES", 1 << 20)
    script = (sys.executable, "-c", "print('x' * (1 << 21))")
    with (tmp_path / "out").open("wb") as into:
        assert run(script, into=into, timeout=60).status == 0
    with pytest.raises(ProgramError, match="wrote more than 1 MiB"):
        run(script, timeout=60)


def test_output_that_a_child_holds_open_is_waited_for_in_vain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ending, "_SPARE_SECONDS", 0.1)
    script = "import subprocess; subprocess.Popen(['sleep', '5'], start_new_session=True)"
    with pytest.raises(ProgramError, match="did not end within"):
        run((sys.executable, "-c", script), timeout=1)


@pytest.mark.parametrize("module", ["launch", "launch:enter", "relay"])
def test_no_file_of_the_current_folder_runs_in_a_helper(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("json", "types", "signal", "select", "socket", "struct", "sitecustomize", "msgspec")
    for name in (*names, "usercustomize", "jettison"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "json.py"))
    command = helper(f"jettison.engines.embedded.{module}", "/no/such/file", "0", "0")
    with (tmp_path / "said").open("wb") as said:
        running = begin(command, stdout=said, stderr=said)
        assert running.wait(60) != 0
    # It came as far as its own words, so all was imported.
    assert re.search("No such file|invalid literal", (tmp_path / "said").read_text())
    assert not (tmp_path / "ran").exists()


def test_a_helper_has_none_of_the_users_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    script = "import os; print(sorted(os.environ), os.getcwd())"
    with (tmp_path / "said").open("wb") as said:
        begin((sys.executable, "-c", script), stdout=said, stderr=said).wait(60)
    assert "AWS" not in (tmp_path / "said").read_text()
    assert (tmp_path / "said").read_text().strip().endswith("/")
    bare = run((sys.executable, "-c", script), environment={"A": "1"}, bare=True)
    assert "AWS" not in bare.text


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_during_clean_up_takes_effect_after_it(number: signal.Signals) -> None:
    done: list[str] = []

    def clean_up() -> None:
        with uninterrupted():
            with uninterrupted():
                os.kill(os.getpid(), number)
                done.append("inner")
            done.append("outer")

    before = signal.signal(number, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            clean_up()
    finally:
        signal.signal(number, before)
    assert done == ["inner", "outer"]


def test_a_signal_that_the_user_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with uninterrupted():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_stream_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STREAM_SECONDS", 0.5)
    endless = (sys.executable, "-c", "while True: print('x' * 999, flush=True)")

    def read() -> None:
        with processes.piped(endless) as stream:
            while stream.read(1 << 16):
                pass

    with pytest.raises(ProgramError, match="did not end within"):
        read()


def _broken_input() -> Generator[bytes]:
    yield b"x" * (1 << 17)
    raise IntegrityError("the content is another")


def test_input_that_cannot_be_made_stops_the_program_before_its_input_ends(tmp_path: Path) -> None:
    """Whoever still reads its streams after that takes what the next program writes."""
    whole = tmp_path / "whole"
    script = f"import sys; sys.stdin.buffer.read(); open({str(whole)!r}, 'w')"
    before = set(threading.enumerate())
    for _ in range(3):
        with pytest.raises(IntegrityError):
            run((sys.executable, "-c", script), stdin=_broken_input())
        assert set(threading.enumerate()) <= before
    assert not whole.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit it")
def test_a_program_takes_no_more_memory_than_it_may():
    script = "import sys; sys.stdin.read(); print(len(bytearray(1 << 29)))"
    assert run((sys.executable, "-c", script)).text == str(1 << 29)
    limited = run((sys.executable, "-c", script), memory=1 << 28)
    assert limited.status
    assert "MemoryError" in limited.error_text


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit it")
def test_a_program_that_outlives_this_process_does_not_compute_for_ever():
    script = "import resource as r, sys; sys.stdin.read(); print(*r.getrlimit(r.RLIMIT_CPU))"
    most = 7 * (os.cpu_count() or 1)
    limited = run((sys.executable, "-c", script), memory=1 << 28, timeout=7)
    assert limited.text == f"{most} {most}"
