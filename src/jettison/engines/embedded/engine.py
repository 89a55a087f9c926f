"""The Engine port without an engine: images are unpacked and run by the kernel's own means."""

from __future__ import annotations

import os
import posixpath
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import IO, Self

from msgspec import Struct

from jettison.engines import (
    BuildRequest,
    ImageFacts,
    ImageID,
    Isolation,
    Network,
    RunOptions,
    facts_of,
    work_ended,
)
from jettison.engines.embedded import HOSTS, Program, Spec, identity, started, syscalls
from jettison.engines.embedded.chroot import CHROOT, Ports, in_chroot, lay
from jettison.engines.embedded.container import EmbeddedContainer, limited
from jettison.engines.embedded.started import REFUSED, require_linux
from jettison.engines.limits import Limits, container_path, groups_for, tmpfs_of
from jettison.errors import EngineError, JettisonError, UnsupportedError, WriteError
from jettison.images import locate
from jettison.images.config import Config
from jettison.images.descriptor import Platform
from jettison.images.image import Image
from jettison.images.stores import write_error
from jettison.images.stores.archive import archive_tar
from jettison.images.stores.cache import blob_cache
from jettison.images.stores.unpack import own_directory, remove_unpacked, unpack
from jettison.images.stream import reader
from jettison.processes import uninterrupted
from jettison.processes.ending import signal_number
from jettison.progress import Progress

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


NAMESPACES = Isolation(name="namespaces")


class EmbeddedEngine:
    """Runs images that were added, or that a text names as ``locate`` reads it."""

    def __init__(self, limits: Limits | None = None) -> None:
        """Make an engine. UnsupportedError on systems other than Linux."""
        require_linux()
        self._own = own_directory()
        self._directory = self._own.path
        self._images: dict[str, Image] = {}
        self._facts: dict[str, ImageFacts] = {}
        self._containers: dict[str, EmbeddedContainer] = {}
        # Several containers may be started at the same time, of an image that is unpacked once.
        self._lock = Lock()
        self._ended = False
        self.isolation = NAMESPACES
        self._ports = Ports()
        self.limits = limits or Limits()
        self.storage = str(self._directory)

    @property
    def name(self) -> str:
        """The engine in one word, and the kernel it relies on."""
        return f"embedded ({self.isolation.name}, Linux {os.uname().release})"

    @property
    def _chroot(self) -> bool:
        return self.isolation is CHROOT

    @property
    def _owner(self) -> int:
        return 0 if self._chroot else started.owner()

    def __enter__(self) -> Self:
        """Give the engine itself."""
        return self

    def __exit__(self, *failure: object) -> None:
        """End every container, start nothing more, and remove all files."""
        self._ended = True
        with uninterrupted():
            self._remove_containers()
            self._own.remove()

    def _remove_containers(self) -> None:
        for container in tuple(self._containers.values()):
            container.__exit__()

    def check(self) -> None:
        """Choose how containers are kept apart. EngineError when the kernel allows neither way."""
        try:
            self._try()
        except EngineError:
            if self._chroot or not syscalls.privileged(syscalls.CAP_SYS_CHROOT):
                raise
            self.isolation = CHROOT
            try:
                self._try()
            except EngineError:
                self.isolation = NAMESPACES
            else:
                return
            raise

    def _try(self) -> None:
        """Start a container of nothing. EngineError when the kernel does not allow it."""
        nothing = Image.empty(Platform.parse(os.uname().machine))
        try:
            self.run(self.add(nothing), RunOptions(entrypoint=("/",)))
        except EngineError as error:
            # A missing program is reported after all else has worked.
            if error.what == REFUSED:
                raise

    def add(self, image: Image) -> ImageID:
        """Make an image known under its config's digest, which is its ID in other engines too."""
        name = str(image.config.digest)
        self._images[name] = image
        return ImageID(name)

    def build(self, request: BuildRequest, progress: Progress) -> ImageID:  # noqa: ARG002 — the port
        """Raise UnsupportedError: instructions of a Dockerfile need an engine."""
        raise UnsupportedError(
            f"{request.dockerfile.name} cannot be built without an engine",
            why="the embedded engine runs images and builds from a plan, not from instructions",
            hint="Install Docker or Podman, or build the plan with the embedded builder.",
        )

    def run(self, image: str, options: RunOptions) -> EmbeddedContainer:
        """Start a container. EngineError when the kernel forbids it or it cannot be started."""
        if self._ended:
            raise work_ended()
        try:
            return self._begun(image, options)
        finally:
            if self._ended:
                # begun before the end, it was not among what was ended and removed then
                self._remove_containers()
                remove_unpacked(self._directory)
                raise work_ended()

    def _begun(self, image: str, options: RunOptions) -> EmbeddedContainer:
        with self._lock:
            found = self._image(image)
            root = self._unpacked(found)
        over = self._ports.taken(options) if self._chroot else lambda: None
        try:
            return self._run(found, root, options, over)
        except BaseException:
            over()
            raise

    def _run(
        self, found: Image, root: Path, options: RunOptions, over: Callable[[], None]
    ) -> EmbeddedContainer:
        identifier = secrets.token_hex(32)
        directory = self._directory / "containers" / identifier
        (directory / "scratch").mkdir(parents=True)
        beside = self._containers[options.beside] if options.beside else None
        hosts = beside.hosts if beside else directory / "hosts"
        _name_host(hosts, identifier[:12], options.alias)
        files = _Files(root=root, directory=directory, hosts=hosts, owner=self._owner)
        groups = groups_for(self.limits, identifier[:12])
        spec = _spec(found.config, options, files, beside.begun.process if beside else 0)
        spec = limited(spec, self.limits, groups)
        try:
            if self._chroot:
                spec = in_chroot(spec)
                lay(spec)
            begun = started.start(spec, directory)
        except BaseException as failed:
            groups.remove()
            if isinstance(failed, PermissionError):
                raise started.refused(f"no root can be made: {failed.strerror}") from failed
            if isinstance(failed, OSError):
                raise write_error(directory, failed) from failed
            raise
        container = EmbeddedContainer(
            id=identifier,
            spec=spec,
            directory=directory,
            hosts=hosts,
            begun=begun,
            groups=groups,
            over=over,
            stop_signal=signal_number(found.config.stop_signal),
        )
        self._containers[identifier] = container
        if options.ports and options.network is Network.ISOLATED and not self._chroot:
            container.relay(options.ports)
        return container

    def unpacked(self, image: str) -> Path:
        """Give the folder of an image's files, which belongs to the engine."""
        with self._lock:
            return self._unpacked(self._image(image))

    def inspect(self, image: str) -> ImageFacts:
        """Read an image's configuration, and once its layers for the size."""
        found = self._image(image)
        identifier = str(found.config.digest)
        if identifier not in self._facts:
            self._facts[identifier] = facts_of(found.config, found.measure())
        return self._facts[identifier]

    @contextmanager
    def save(self, image: str) -> Iterator[IO[bytes]]:
        """Give the image as the stream of an archive."""
        with reader(archive_tar(self._image(image), None)) as stream:
            yield stream

    def _image(self, name: str) -> Image:
        if name not in self._images:
            try:
                location = locate(name, blob_cache())
                here = Platform.parse(os.uname().machine)
                self._images[name] = location.store.read(location.reference, here)
            except WriteError:
                # a full disk says nothing of the image
                raise
            except JettisonError as error:
                raise EngineError(
                    f"no image {name}", why=f"{error}: {error.why}", hint=error.hint
                ) from error
        return self._images[name]

    def _unpacked(self, image: Image) -> Path:
        root = self._directory / "images" / image.config.digest.hex
        if not root.exists():
            partial = root.with_name(f"{root.name}.{secrets.token_hex(4)}")
            partial.mkdir(parents=True)
            unpack(image, partial, owner=self._owner)
            partial.rename(root)
        return root


def _name_host(hosts: Path, *names: str) -> None:
    """Add names to a file that may be mounted already, so that it must stay the same file."""
    before = hosts.read_text() if hosts.exists() else HOSTS
    lines = [f"127.0.0.1\t{name}\n" for name in names if name]
    hosts.write_text(before + "".join(lines))


class _Files(Struct, frozen=True, kw_only=True):
    """Where a container's files are: the unpacked image, its own directory, its host names."""

    root: Path
    directory: Path
    hosts: Path
    owner: int

    @property
    def host_name(self) -> str:
        return self.directory.name[:12]


def _spec(config: Config, options: RunOptions, files: _Files, beside: int) -> Spec:
    directory = files.directory
    (directory / "hostname").write_text(f"{files.host_name}\n")
    # Nobody answers: what a container asks for by name is in its file of hosts or nowhere.
    (directory / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    etc = {name: str(directory / name) for name in ("hostname", "resolv.conf")}
    etc["hosts"] = str(files.hosts)
    if files.owner:
        for path in etc.values():
            os.chown(path, files.owner, files.owner)
    return Spec(
        root=str(files.root),
        scratch=str(directory / "scratch"),
        host_name=files.host_name,
        program=_program(config, options, files),
        etc=tuple(etc.items()),
        volumes=tuple(
            dict.fromkeys(container_path(path) for path in (*config.volumes, *options.volumes))
        ),
        tmpfs=tuple(tmpfs_of(asked) for asked in options.tmpfs),
        binds=tuple(
            (str(bind.source.resolve()), container_path(bind.target)) for bind in options.binds
        ),
        read_only=options.read_only,
        beside=beside,
    )


def _program(config: Config, options: RunOptions, files: _Files) -> Program:
    entrypoint = options.entrypoint or config.entrypoint
    # As with other engines, the image's command belongs to the image's entry point.
    command = options.command or (() if options.entrypoint else config.command)
    who = identity(files.root, options.user or config.user)
    environment = {
        "PATH": _PATH,
        "HOME": who.home,
        "HOSTNAME": files.host_name,
        **config.env,
        **options.environment,
    }
    if not (*entrypoint, *command):
        raise EngineError("the image has no command", hint="Say what to run in it.")
    return Program(
        words=(*entrypoint, *command),
        environment=tuple(environment.items()),
        directory=posixpath.join("/", options.working_directory or config.working_directory),
        identity=who,
        hardened=options.hardened,
        owner=files.owner,
    )
