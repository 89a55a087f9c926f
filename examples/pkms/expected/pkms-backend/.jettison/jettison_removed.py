"""Says of a module that Jettison took out of this image why it is gone, and how to keep it.

``jettison_removed.pth`` imports this at the start of every Python process of the image. It is asked
last, when nothing else finds a module, and only for packages of which something was removed.

Run as a program, it writes the manifest that it reads later, and installs itself:
``python jettison_removed.py LIST REMOVED ENVIRONMENT MANIFEST``, where REMOVED is what
``remove_files.py`` wrote after it carried out LIST.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

MANIFEST = "/usr/share/jettison/removed.json.gz"
PACKAGES: frozenset[str] = frozenset(())
NAME = "jettison_removed"
LINE = "import jettison_removed\n"


class Removed:
    """A finder of modules that are gone, and the loader that fails with the reason.

    A module that is only looked for (``importlib.util.find_spec``) is found, as it was before.
    """

    def __init__(self, message: str) -> None:
        self.message = message

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        """Find a module that was removed."""
        message = explained(name) if name.partition(".")[0] in PACKAGES else ""
        if not message:
            return None
        from importlib.machinery import ModuleSpec

        loader: Any = Removed(message)
        return ModuleSpec(name, loader)

    def create_module(self, spec: Any) -> None:
        """Fail with the reason."""
        raise ModuleNotFoundError(self.message, name=spec.name)

    def exec_module(self, module: Any) -> None:
        """Do nothing: no module was made."""


def explained(name: str) -> str:
    """Say why a module is gone; empty when it was not removed."""
    import gzip
    import json

    try:
        with gzip.open(MANIFEST, "rt", encoding="utf-8") as stream:
            manifest = json.load(stream)
    except (OSError, ValueError):
        return ""
    place = name.replace(".", "/")
    for path in manifest["files"]:
        module = path.endswith((".py", ".so"))
        if module and path.startswith((place + ".", place + "/__init__.")):
            return (
                "Jettison removed %s from this image by the rule %s. To keep it, write "
                'keep = ["%s"] under [tool.jettison] in pyproject.toml and build again.'
                % (name, rule(manifest["list"], path), name)
            )
    return ""


def rule(listed: str, path: str) -> str:
    """Give the rule above the line of a list that means a path."""
    from fnmatch import fnmatchcase

    title = ""
    for line in map(str.strip, listed.splitlines()):
        if line.startswith("#"):
            title = line.strip("# ").partition(":")[0]
        elif line and (
            line == path
            or (line.endswith("/") and path.startswith(line))
            or fnmatchcase(path, line.replace("**/", "*"))
        ):
            return title
    return "of the list"


def packages(files: Iterable[str]) -> list[str]:
    """Give the packages of which modules are gone."""
    modules = [path for path in files if path.endswith((".py", ".so"))]
    return sorted({path.split("/")[0].split(".")[0] for path in modules} - {""})


def manifest(listed: str, files: Iterable[str]) -> bytes:
    """Give the manifest's bytes, the same for the same removals; byte code is not named."""
    import gzip
    import json

    document = {"schema": "jettison.removed/v1", "files": list(files), "list": listed}
    return gzip.compress(json.dumps(document, indent=1).encode(), mtime=0)


def installed(text: str, files: Iterable[str]) -> str:
    """Give the text of this module as an environment has it."""
    return text.replace("frozenset(())", "frozenset(%r)" % packages(files), 1)


def main(arguments: Iterable[str]) -> None:
    """Write the manifest and install this file in an environment."""
    import py_compile
    from pathlib import Path

    listed, removed, environment, place = map(Path, arguments)
    files = [line for line in removed.read_text().splitlines() if not line.endswith(".pyc")]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(manifest(listed.read_text(encoding="utf-8"), files))
    places = environment.glob("lib/python3*/*-packages")  # dist-packages: Debian's own Python
    site = min(places, key=lambda one: (one.name < "s", one), default=environment)
    text = Path(__file__).read_text(encoding="utf-8")
    own = site / (NAME + ".py")
    own.write_text(installed(text, files), encoding="utf-8")
    own.with_suffix(".pth").write_text(LINE)
    hashed = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(own), invalidation_mode=hashed, doraise=True)


if __name__ == "__main__":
    main(sys.argv[1:])
elif PACKAGES and Removed not in sys.meta_path:
    sys.meta_path.append(Removed)
