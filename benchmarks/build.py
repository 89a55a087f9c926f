"""Measures `jettison build` on the example, whole processes.

The example's base is composed. Cold: wheels, Debian packages and the indexes of both are
downloaded, nothing else is cached. Figures are the best of a few runs, because other work on the
machine only adds to them; where other work runs, processor time tells more than the clock.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from support.downloads import only_downloads
from support.processes import Measured, best, jettison, jettison_environment, measured
from support.registry import registry, registry_there

EXAMPLE = Path(__file__).parent.parent / "examples" / "pkms"
ADDED = "humanize==4.11.0\n"
IMPORT = "import humanize\n"
CHANGED = ("requirements.txt", "main.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A copy of the example, and folders beside it."""

    folder: Path

    @property
    def project(self) -> Path:
        """The copy."""
        return self.folder / "pkms"

    @property
    def warm(self) -> Path:
        """The cache that keeps everything."""
        return self.folder / "warm"

    def build(self, cache: Path, *options: str, bytecode: str = "all") -> Measured:
        """Build once."""
        command = jettison("build", str(self.project), "--bytecode", bytecode, *options)
        return measured(command, jettison_environment(cache), self.folder)

    @property
    def layout(self) -> str:
        """Where images go."""
        return f"oci:{self.folder / 'layout'}"

    def cold(self, bytecode: str) -> Measured:
        """Build with the downloads alone."""
        cache = only_downloads(self.warm, self.folder / "cold")
        shutil.rmtree(self.folder / "layout", ignore_errors=True)
        return self.build(cache, "--output", self.layout, bytecode=bytecode)

    def with_requirement(self) -> Measured:
        """Build with one requirement more, with a cache that never saw it."""
        cache = self.folder / "other"
        shutil.rmtree(cache, ignore_errors=True)
        shutil.copytree(self.warm, cache)
        folder = self.project / "pkms-backend"
        before = {folder / name: (folder / name).read_text() for name in CHANGED}
        for (file, text), added in zip(before.items(), (ADDED, IMPORT), strict=True):
            file.write_text(f"{text.rstrip()}\n{added}")
        try:
            return self.build(cache, "--output", self.layout)
        finally:
            for file, text in before.items():
                file.write_text(text)

    def with_line(self, *options: str) -> Measured:
        """Build with one line of the source changed."""
        change_line(self.project)
        return self.build(self.warm, *options)


def change_line(project: Path) -> None:
    """Make the last line of the application another one than ever before."""
    file = project / "pkms-backend" / "main.py"
    lines = [line for line in file.read_text().splitlines() if not line.startswith("# change ")]
    count = len(list(project.parent.glob("changes-*")))
    (project.parent / f"changes-{count}").touch()
    file.write_text("\n".join([*lines, f"# change {count}"]) + "\n")


def site_in(folder: Path) -> Site:
    """Copy the example and build it for all that is downloaded."""
    site = Site(folder=folder)
    shutil.copytree(EXAMPLE, site.project)
    for bytecode in ("none", "all"):
        site.build(site.warm, "--output", site.layout, bytecode=bytecode)
    return site


def main() -> int:
    """Print a line for each measurement."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="jettison-bench-") as name:
        site = site_in(Path(name))
        print(f"jettison build {EXAMPLE.name}, best of {runs}")
        for bytecode in ("none", "all"):
            found = best(runs, partial(site.cold, bytecode))
            print(f"  cold, --bytecode {bytecode:<4}       {found}")
        print(f"  one requirement added      {best(runs, site.with_requirement)}")
        found = best(runs * 2, lambda: site.with_line("--output", site.layout))
        print(f"  one line changed, layout   {found}")
        if registry_there():
            with registry(site.folder) as host:
                pushed = ("--push", f"{host}/pkms:1")
                site.with_line(*pushed)
                found = best(runs * 2, lambda: site.with_line(*pushed))
                print(f"  one line changed, registry {found}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
