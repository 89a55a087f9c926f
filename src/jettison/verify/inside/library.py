"""Says which modules of the standard library this image has. Only built-in modules are used."""

import os
import sys

MARKER = "jettison-says:"


def modules(folder, prefix=""):
    """Give the dotted names below a folder."""
    for entry in os.scandir(folder):
        name = entry.name
        if entry.is_dir() and name not in ("__pycache__", "site-packages", "dist-packages"):
            yield from modules(entry.path, "" if name == "lib-dynload" else f"{prefix}{name}.")
        elif name.endswith((".py", ".pyc", ".so")):
            stem = prefix + name.split(".")[0]
            yield stem[: -len(".__init__")] if stem.endswith(".__init__") else stem


found = sorted(set(modules(os.path.dirname(os.__file__))))
sys.stdout.write(f"\n{MARKER}{found!r}\n")
