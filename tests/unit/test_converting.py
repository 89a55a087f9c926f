"""Threads may read data as values of a type that none has read before."""

from __future__ import annotations

import subprocess
import sys

THREADS = """
import sys, threading
from jettison.values import converted
sys.setswitchinterval(1e-6)
source = '''
from msgspec import Struct
class A(Struct):
    x: int
class B(Struct):
    a: list[A]
    d: dict[str, A]
class C(Struct):
    b: list[B]
'''
for _ in range(300):
    names = {}
    exec(source, names)
    together = threading.Barrier(4)
    def read():
        together.wait()
        assert converted({"b": []}, names["C"]).b == []
    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print("read")
"""


def test_threads_may_read_a_new_type_at_once() -> None:
    done = subprocess.run(
        [sys.executable, "-c", THREADS], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout) == (0, "read\n"), done.stderr[-2000:]
