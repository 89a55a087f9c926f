"""Write docs/optimize.svg: a terminal with a command of Jettison and what it prints.

``python tools/picture.py`` runs ``jettison optimize examples/pkms``; other words are other
arguments. It needs what that command needs: a container engine, or namespaces.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "optimize.svg"
WIDTH = 100
FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def main(arguments: list[str]) -> int:
    """Run the command and write the picture; return the exit status of the command."""
    words = arguments or ["optimize", "examples/pkms"]
    program = Path(sys.executable).with_name("jettison")
    done = subprocess.run(  # noqa: S603 - the command that the picture shows
        [program, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    console = Console(record=True, width=WIDTH, file=sys.stderr, force_terminal=False)
    console.print(Text(f"$ jettison {' '.join(words)}", style="bold"))
    console.print(Text(done.stdout.rstrip()))
    # The picture brings no fonts of other servers along.
    picture = FONTS.sub("", console.export_svg(title="Jettison"))
    TARGET.write_text(picture, encoding="utf-8")
    return done.returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
