"""Where the parts of a wheel go."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from jettison.oci.tar_writer import Member

# 2 January 1980 UTC: nothing earlier can be packed into a zip file, in any time zone.
FIXED_TIME = 315619200


class Scheme(Struct, frozen=True, kw_only=True):
    """Directories of an environment, relative to the image's root.

    ``interpreter`` is the absolute path that scripts name. ``home`` is empty, or the virtual
    environment that the scheme is of.
    """

    packages: str
    scripts: str
    prefix: str
    python: str
    interpreter: str
    home: str = ""

    @classmethod
    def virtual(cls, path: str, python: str) -> Scheme:
        """Return the scheme of a virtual environment at an absolute path."""
        home = path.strip("/")
        return cls(
            packages=f"{home}/lib/python{python}/site-packages",
            scripts=f"{home}/bin",
            prefix=home,
            python=python,
            interpreter=f"/{home}/bin/python",
            home=home,
        )

    def place(self, kind: str, distribution: str) -> str | None:
        """Return the directory for a part of ``*.data``, None for one that no scheme has."""
        return {
            "purelib": self.packages,
            "platlib": self.packages,
            "scripts": self.scripts,
            "data": self.prefix,
            "headers": f"{self.prefix}/include/site/python{self.python}/{distribution}",
        }.get(kind)


def environment_members(
    scheme: Scheme, interpreter: str, version: str, *, system: bool
) -> Iterator[Member]:
    """Yield what makes a directory a virtual environment of the base's interpreter.

    There are no scripts to activate it: the image's PATH names it.
    """
    if not scheme.home:
        return
    home, _, _ = interpreter.rpartition("/")
    lines = {
        "home": home,
        "implementation": "CPython",
        "version_info": version,
        "include-system-site-packages": "true" if system else "false",
    }
    text = "".join(f"{name} = {value}\n" for name, value in lines.items())
    yield Member.file(f"{scheme.home}/pyvenv.cfg", text.encode())
    yield Member.symlink(f"{scheme.scripts}/python", interpreter)
    yield Member.symlink(f"{scheme.scripts}/python3", "python")
    yield Member.symlink(f"{scheme.scripts}/python{scheme.python}", "python")
    yield Member.symlink(f"{scheme.home}/lib64", "lib")
