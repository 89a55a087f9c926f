"""Lines of an application are counted as the processes of a container execute them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from jettison.verify.interior import script_text

APPLICATION = """\
import threading
def answer(number):
    if number > 2:
        return "large"
    return "small"
def never():
    return 1
thread = threading.Thread(target=answer, args=(3,))
thread.start()
thread.join()
"""


def test_each_line_that_is_executed_counts_once(tmp_path: Path) -> None:
    folder, output = tmp_path / "app", tmp_path / "noted"
    folder.mkdir()
    output.mkdir()
    (folder / "main.py").write_text(APPLICATION)
    (folder / "unused.py").write_text("x = 1\ny = 2\n")
    (folder / "test_main.py").write_text("x = 1\n")
    (folder / "usr").mkdir()
    (folder / "usr" / "system.py").write_text("x = 1\n")
    asked = {"folder": str(folder), "others": [str(folder / "usr")], "output": str(output)}
    hook = script_text("executed", asked)
    run = f"exec(compile({hook!r}, 'hook', 'exec'), {{}})\nimport main; main.answer(1)"
    subprocess.run([sys.executable, "-B", "-c", run], cwd=folder, check=True)
    count = [sys.executable, "-B", "-c", script_text("executed_lines", asked)]
    said = subprocess.run(count, capture_output=True, check=True).stdout.decode()
    counts = ast.literal_eval(said.split("jettison-says:")[1])
    assert counts == {"main.py": (9, 10), "unused.py": (0, 2)}
