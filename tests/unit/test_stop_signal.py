"""Whether a process hears the signal that stops it."""

import signal
import subprocess
import sys
import time

import pytest

from jettison.processes.ending import is_deaf

IGNORES = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
WAITS = (
    "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM]); signal.sigwait([signal.SIGTERM])"
)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell it")
@pytest.mark.parametrize(
    ("script", "deaf"),
    [(f"{IGNORES}; time.sleep(60)", True), (f"{IGNORES}; {WAITS}", False)],
)
def test_a_process_that_waits_for_a_signal_hears_it_though_it_ignores_it(
    script: str, deaf: bool
) -> None:
    command = (sys.executable, "-c", f"import signal, time; {script}")
    with subprocess.Popen(command) as process:
        time.sleep(1)
        found = is_deaf(process.pid, signal.SIGTERM)
        process.kill()
    assert found is deaf
