"""Programs of this machine that run code of a project, kept away from all else here.

Where the kernel allows namespaces, such a program sees the system's libraries, the folders it is
given, and nothing else: no network, no home, no processes, no environment. Where it does not, the
environment and the home are empty and the kernel lets it open no connection.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from jettison.engines.embedded import HOSTS, Identity, Program, Spec, started
from jettison.engines.embedded.container import EmbeddedContainer, limited
from jettison.engines.limits import Limits, groups_for
from jettison.errors import EngineError
from jettison.images.stores.unpack import ENGINE, own_directory
from jettison.processes import CONFINE, Completed, helper, run, uninterrupted

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = ("alternatives", "ld.so.cache", "localtime", "mime.types", "nsswitch.conf", "ssl")
_PATH = "/usr/bin:/bin"
PROCESSES = 512


class Confined:
    """A place for programs. ``why`` is empty where it is one of its own, else why it is not.

    ``readable`` are folders that a program sees, ``writable`` is one that it may change; it is
    given to whom programs run as. They start in ``directory``.
    """

    def __init__(self, readable: Sequence[Path], writable: Path, directory: Path) -> None:
        self._readable = [path for path in readable if path.exists()]
        self._writable = writable
        self._directory = directory
        self._owner = started.owner() if sys.platform == "linux" else 0
        self._container: EmbeddedContainer | None = None
        self.why = ""

    def __enter__(self) -> Self:
        """Make the place."""
        if sys.platform != "linux":
            self.why = f"{sys.platform} has no namespaces"
            return self
        own = own_directory()
        try:
            limits = Limits(processes=PROCESSES)
            groups = groups_for(limits, own.path.name.removeprefix(ENGINE))
            spec = limited(self._spec(own.path), limits, groups)
            begun = started.start(spec, own.path)
        except EngineError as refused:
            groups.remove()
            own.remove()
            self.why = refused.why.splitlines()[0] if refused.why else refused.what
        except BaseException:
            own.remove()
            raise
        else:
            self._own = own
            hosts = own.path / "hosts"
            self._container = EmbeddedContainer(
                id=own.path.name,
                spec=spec,
                directory=own.path,
                hosts=hosts,
                begun=begun,
                groups=groups,
            )
        return self

    def __exit__(self, *failure: object) -> None:
        """End every program in it."""
        if self._container:
            with uninterrupted():
                self._container.__exit__()
                self._own.remove()

    def hand_over(self, path: Path) -> None:
        """Give a file or a folder with all that is in it to whom programs run as."""
        if self._container and self._owner:
            os.chown(path, self._owner, self._owner, follow_symlinks=False)
            for parent, folders, files in os.walk(path):
                for name in (*folders, *files):
                    place = os.path.join(parent, name)  # noqa: PTH118 — thousands of them
                    os.chown(place, self._owner, self._owner, follow_symlinks=False)

    def run(
        self,
        command: tuple[str, ...],
        *,
        stdin: bytes = b"",
        timeout: float,
        environment: Mapping[str, str],
    ) -> Completed:
        """Run a program to its end, with these variables alone. ProgramError as of ``run``."""
        if self._container:
            return self._container.execute(
                command, stdin=stdin, timeout=timeout, environment=environment
            )
        linux = sys.platform == "linux"
        return run(
            helper(CONFINE, *command) if linux else command,
            stdin=stdin,
            timeout=timeout,
            environment={"PATH": _PATH, **environment},
            directory=self._directory,
            bare=True,
        )

    def _spec(self, folder: Path) -> Spec:
        root, scratch = folder / "root", folder / "scratch"
        for each in (root, scratch):
            each.mkdir(mode=0o755)
        if self._owner:
            os.chown(root, self._owner, self._owner)
        number = 0 if self._owner else os.geteuid()
        texts = {
            "hosts": HOSTS,
            "passwd": f"user:x:{number}:{number}::/tmp:/bin/sh\n",
            "group": f"user:x:{number}:\n",
        }
        for name, text in texts.items():
            (folder / name).write_text(text)
        binds = [path for path in _SYSTEM if Path(path).is_dir()]
        binds += [path for name in _ETC if Path(path := f"/etc/{name}").exists()]
        binds += [str(path) for path in self._readable]
        return Spec(
            root=str(root),
            scratch=str(scratch),
            host_name="confined",
            program=self._waiting(number),
            etc=tuple((name, str(folder / name)) for name in texts),
            tmpfs=(("/tmp", ("exec", "mode=1777")),),  # noqa: S108 — of its own
            binds=tuple((path, path) for path in binds),
            shared=(str(self._writable),),
            read_only=True,
        )

    def _waiting(self, number: int) -> Program:
        """Return process 1, which does nothing."""
        return Program(
            words=("sleep", "infinity"),
            environment=(("PATH", _PATH),),
            directory=str(self._directory),
            identity=Identity(uid=number, gid=number if self._owner else os.getegid(), home="/tmp"),  # noqa: S108
            hardened=True,
            owner=self._owner,
        )
