"""Measures `jettison plan` on a project of 100,000 lines of Python: seconds and peak memory.

The project is made on the spot, the same every time. Cold: no cache of Jettison's own. Warm: the
second run. Each figure is the best of a few whole processes, because other work only adds to it;
processor time tells more than the clock where other work runs. Jettison's own modules are compiled,
as those of an installed one are.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LINES = 100_000
MODULES = 500
RUNS = 3
DOCKERFILE = """FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
CMD ["uvicorn", "main:app"]
"""


def main() -> int:
    """Print a line for each measurement."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="jettison-bench-") as name:
        project = Path(name) / "project"
        made = make_project(project)
        print(f"jettison plan on {made:,} lines in {MODULES} modules, best of {runs}")
        measured(project, Path(name) / "first")
        cold = min(measured(project, Path(name) / f"cold-{run}") for run in range(runs))
        warm_cache = Path(name) / "cold-0"
        warm = min(measured(project, warm_cache) for _ in range(runs))
    for label, (seconds, processor, memory) in (("cold", cold), ("warm", warm)):
        print(f"  {label}  {seconds:5.2f} s  {processor:5.2f} s CPU  {memory / 1e6:5.0f} MB peak")
    print(f"  warm / cold  {warm[0] / cold[0]:.2f}")
    return 0


def make_project(folder: Path) -> int:
    """Write the project; give its number of lines."""
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "requirements.txt").write_text("fastapi==0.115.6\nuvicorn==0.34.0\npytest==8.3.4\n")
    package = folder / "app"
    package.mkdir()
    (package / "__init__.py").write_text("")
    count = LINES // MODULES
    for number in range(MODULES):
        (package / f"module_{number}.py").write_text(module(number, count))
    imports = "".join(f"from app import module_{n}\n" for n in range(0, MODULES, 10))
    (folder / "main.py").write_text(f"from fastapi import FastAPI\n{imports}\napp = FastAPI()\n")
    return sum(len(path.read_text().splitlines()) for path in folder.rglob("*.py"))


def module(number: int, lines: int) -> str:
    """Give a module that looks like application code: imports, classes, functions, strings."""
    parts = [
        "import json\nimport os\nfrom dataclasses import dataclass\n",
        f"from app import module_{(number * 7 + 1) % MODULES}\n\n",
    ]
    written = 5
    index = 0
    while written < lines:
        parts.append(FUNCTION.format(index=index))
        written += FUNCTION.count("\n")
        index += 1
    return "".join(parts)


FUNCTION = '''
@dataclass
class Record{index}:
    name: str
    path: str = "data/records"

    def load(self, identifier: int) -> dict[str, object]:
        """Read one record from its file."""
        place = os.path.join(self.path, f"{{identifier}}.json")
        if not os.path.exists(place):
            raise KeyError(f"no record {{identifier}} in {{self.path}}")
        with open(place, encoding="utf-8") as stream:
            found = json.load(stream)
        values = [each for each in found if each]
        return {{"name": self.name, "values": values, "count": len(found)}}


def total_{index}(records: list[Record{index}]) -> int:
    return sum(len(record.name) for record in records if record.path)
'''


def measured(project: Path, cache: Path) -> tuple[float, float, int]:
    """Seconds, seconds of processor time and peak resident bytes of one whole process."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "jettison", "plan", str(project), "--offline"]
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    if status:
        raise SystemExit(f"jettison plan ended with {status}")
    return seconds, usage.ru_utime + usage.ru_stime, _bytes(usage)


def _bytes(usage: resource.struct_rusage) -> int:
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    sys.exit(main())
