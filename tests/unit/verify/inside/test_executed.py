"""Lines of an application are counted as the processes of a container execute them."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

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
    (folder / "tests.py").write_text("x = 1\n")
    (folder / "test_server.py").write_text("x = 1\n")
    os.mkfifo(folder / "pipe.py")
    (folder / "zero.py").symlink_to("/dev/zero")
    (folder / "usr").mkdir()
    (folder / "usr" / "system.py").write_text("x = 1\n")
    asked = {"folder": str(folder), "others": [str(folder / "usr")], "output": str(output)}
    hook = script_text("executed", asked)
    run = f"exec(compile({hook!r}, 'hook', 'exec'), {{}})\nimport main, test_server; main.answer(1)"
    subprocess.run([sys.executable, "-B", "-c", run], cwd=folder, check=True)
    count = [sys.executable, "-B", "-c", script_text("executed", {**asked, "counts": True})]
    said = subprocess.run(count, capture_output=True, check=True).stdout.decode()
    counts = ast.literal_eval(said.split("jettison-says:")[1])
    assert counts == {"main.py": (9, 10), "test_server.py": (1, 1), "unused.py": (0, 2)}


# As pip and uv write it.
@pytest.mark.parametrize("copied", ['"dir_info": {}', '"dir_info":{"editable":false}'])
@pytest.mark.parametrize("source", ["shop", "src/shop", "build/lib/shop"])
def test_what_was_installed_from_the_folder_of_the_application_counts(
    source: str, copied: str, tmp_path: Path
) -> None:
    folder, output, site = (tmp_path / name for name in ("app", "noted", "x/site-packages"))
    for place in (folder / source, output, site / "shop", site / "other"):
        place.mkdir(parents=True)
    (folder / source / "__init__.py").write_text("x = 1\ny = 2\n")
    (site / "shop" / "__init__.py").write_text("x = 1\ny = 2\n")
    (site / "shop" / "late.py").write_text("x = 1\n")
    (site / "other" / "__init__.py").write_text("x = 1\n")
    (site / "shop" / "of_others.py").write_text("x = 1\n")
    for name, origin in (("shop", copied), ("other", '"archive_info": {}')):
        said = f'{{"url": "file:///build/{name}", {origin}}}'
        (site / f"{name}-1.dist-info").mkdir()
        (site / f"{name}-1.dist-info" / "direct_url.json").write_text(said)
        files = (f"{name}/__init__.py", f"{name}/late.py", f"{name}/tests/test_x.py", "../x.py")
        (site / f"{name}-1.dist-info" / "RECORD").write_text("".join(f"{f},,\n" for f in files))
    asked = {"folder": str(folder), "output": str(output)}
    path = f"import sys; sys.path.insert(0, {str(site)!r})\n"
    run = f"{path}exec(compile({script_text('executed', asked)!r}, 'hook', 'exec'), {{}})\n"
    run += "import other, shop"
    subprocess.run([sys.executable, "-B", "-c", run], cwd=folder, check=True)
    count = [sys.executable, "-B", "-c", path + script_text("executed", {**asked, "counts": True})]
    said = subprocess.run(count, capture_output=True, check=True).stdout.decode()
    counts = ast.literal_eval(said.split("jettison-says:")[1])
    assert counts == {"shop/__init__.py": (2, 2), "shop/late.py": (0, 1)}


def test_an_egg_of_the_application_counts_instead_of_its_source(tmp_path: Path) -> None:
    folder, output, site = (tmp_path / name for name in ("app", "noted", "x/site-packages"))
    egg = site / "shop-1-py3.11.egg"
    for one in (folder / "shop", output, egg / "shop", site / "other-1.egg" / "other"):
        one.mkdir(parents=True)
    for one in (folder, egg):
        (one / "shop" / "__init__.py").write_text("x = 1\ny = 2\n")
    (site / "other-1.egg" / "other" / "__init__.py").write_text("x = 1\n")
    asked = {"folder": str(folder), "output": str(output)}
    path = f"import sys; sys.path[:0] = [{str(egg)!r}, {str(site)!r}]\n"
    run = f"{path}exec(compile({script_text('executed', asked)!r}, 'hook', 'exec'), {{}})\n"
    subprocess.run([sys.executable, "-B", "-c", f"{run}import shop"], cwd=tmp_path, check=True)
    count = [sys.executable, "-B", "-c", path + script_text("executed", {**asked, "counts": True})]
    said = subprocess.run(count, capture_output=True, check=True).stdout.decode()
    assert ast.literal_eval(said.split("jettison-says:")[1]) == {"shop/__init__.py": (2, 2)}
