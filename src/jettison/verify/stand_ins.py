"""What stands in for services that cannot be had, and for files and folders that an image lacks."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from msgspec import Struct, field

from jettison.catalogue import path_of, table
from jettison.catalogue.systems import Samples, Services
from jettison.engines import BuildRequest, Engine
from jettison.errors import BuildError, EngineError, InputSyntaxError, UnsupportedError
from jettison.formats.compose import Service
from jettison.formats.dockerfile import COPIES, Dockerfile, copy, parse
from jettison.images.reference import last_name
from jettison.images.stores.unpack import working_folder
from jettison.lift import Project
from jettison.progress import Progress, step
from jettison.source.reading import read_text
from jettison.values import replace
from jettison.verify.request import NeededService, VerificationRequest

# Where the images of databases look for what they run once. Source: their pages on Docker Hub.
INITIAL = "/docker-entrypoint-initdb.d"
_SCRIPTS = (".sql", ".sh")


def image_of(project: Project, service: Service) -> str:
    """Give the image of a service, or the known one that its own Dockerfile begins with."""
    if service.build is None:
        return service.image or ""
    found = _built_by(project, service)
    base = found.stages[-1].base if found else ""
    return base if last_name(base) in table(Services).ports else ""


def initial_scripts(project: Project, service: Service) -> tuple[str, ...]:
    """Give the files and folders of the project that a database runs once, in their order."""
    folder = posixpath.dirname(project.compose_path or "")
    mounted = [
        posixpath.normpath(posixpath.join(folder, mount.source))
        for mount in service.volumes
        if mount.source.startswith(".") and f"{mount.target}/".startswith(f"{INITIAL}/")
    ]
    found = _built_by(project, service)
    copies = [
        copy(item)
        for item in (found.stages[-1].instructions if found else ())
        if item.keyword in COPIES
    ]
    copied = [
        posixpath.normpath(posixpath.join(_context(project, service), source.lstrip("/")))
        for one in copies
        if one.stage is None and f"{one.destination}/".startswith(f"{INITIAL}/")
        for source in one.sources
    ]
    return tuple(path for path in (*copied, *mounted) if not path.startswith(("..", "/")))


def _context(project: Project, service: Service) -> str:
    folder = posixpath.dirname(project.compose_path or "")
    context = service.build.context if service.build else "."
    return posixpath.normpath(posixpath.join(folder, context))


def _built_by(project: Project, service: Service) -> Dockerfile | None:
    if service.build is None:
        return None
    name = service.build.dockerfile or "Dockerfile"
    path = posixpath.normpath(posixpath.join(_context(project, service), name))
    try:
        return parse(service.build.inline or project.texts.get(path, ""), file=path)
    except InputSyntaxError:
        return None


def with_files(root: Path, request: VerificationRequest) -> VerificationRequest:
    """Give a request with what its services run once, and with where mounted files are here.

    ``root`` is the project's folder. A way that differs by files that are not there is left out.
    """
    ways = [
        replace(
            way,
            services=tuple(_with_scripts(root, one) for one in way.services),
            mounted=dict(_inside(root, way.mounted)),
        )
        for way in request.otherwise
    ]
    if ways and request.otherwise[0].mounted and not ways[0].mounted:
        del ways[0]
    services = tuple(_with_scripts(root, one) for one in request.services)
    files = next((place for _, place in _inside(root, {"": request.files})), "")
    return replace(request, services=services, otherwise=tuple(ways), files=files)


def _inside(root: Path, mounted: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Give the targets with the paths of this machine that are there and in the project."""
    for target, path in mounted.items():
        place = (root / path).resolve()
        if place.is_relative_to(root.resolve()) and (place.is_file() or place.is_dir()):
            yield target, str(place)


def _with_scripts(root: Path, service: NeededService) -> NeededService:
    texts = {
        posixpath.basename(path): text
        for one in service.initial
        for path in _files(root, one)
        if path.endswith(_SCRIPTS) and (text := read_text(root, path)) is not None
    }
    return replace(service, scripts=texts)


def _files(root: Path, path: str) -> Iterator[str]:
    place = root / path
    if not place.resolve().is_relative_to(root.resolve()):
        return
    if place.is_dir():
        yield from (f"{path}/{one.name}" for one in sorted(place.iterdir()) if one.is_file())
    elif place.is_file():
        yield path


_DOCKERFILE = """\
FROM {base}
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \\
    {packages} && rm -rf /var/lib/apt/lists/*
COPY start prepare /
RUN ["/bin/sh", "-e", "/prepare"]
ENTRYPOINT ["/bin/sh", "-e", "/start"]
"""


def as_can_be_had(engine: Engine, service: NeededService, progress: Progress) -> NeededService:
    """Give a service with its image, or with what stands in for one that is not here.

    It keeps the name, the variables and the command, and gets its scripts. Where nothing stands in,
    it is as it was.
    """
    try:
        if _is_there(engine, service.image):
            if not service.scripts:
                return service
            files = {"Dockerfile": f"FROM {service.image}\n"}
            image = _built(engine, "scripts", files, service, progress)
            return replace(service, image=image)
        return _stand_in(engine, service, progress) or service
    except (BuildError, EngineError, UnsupportedError):
        return service


def _stand_in(engine: Engine, service: NeededService, progress: Progress) -> NeededService | None:
    key, name = stand_in(service.image, service.port), last_name(service.image)
    if not key:
        return None
    known = table(Services).debian
    base = next((one for one in known.bases if _is_there(engine, one)), known.bases[0])
    one = known.stand_ins[key]
    packages = (*one.packages, *one.further.get(name, ()))
    text = _DOCKERFILE.format(base=base, packages=" ".join(packages))
    files = {"Dockerfile": text, "start": one.start, "prepare": one.prepare}
    tag = f"{key}-{name}" if name in one.further else key
    with step(progress, f"build {tag} of Debian's packages"):
        image = _built(engine, tag, files, service, progress)
    note = f"Debian's {packages[-1]} instead of {service.image}"
    return replace(service, image=image, instead=note)


def stand_in(image: str | None, port: int | None) -> str:
    """Name what Debian has in place of an image: one of its name, or of a longer one and its port.

    Empty where there is none: ``acme/redis-plus`` on 6379 is one, ``redis-exporter`` on 9121 none.
    """
    known, name = table(Services), last_name(image or "")
    ports = known.ports
    return next(
        (
            key
            for key, one in known.debian.stand_ins.items()
            if name in one.images
            or any(name.startswith(each) and port == ports[each] for each in one.images)
        ),
        "",
    )


def _is_there(engine: Engine, image: str) -> bool:
    try:
        engine.inspect(image)
    except EngineError:
        return False
    return True


def _built(
    engine: Engine, key: str, files: dict[str, str], service: NeededService, progress: Progress
) -> str:
    scripts = {f"scripts/{name}": text for name, text in service.scripts.items()}
    if scripts:
        copied = f"{files['Dockerfile']}COPY scripts/ {INITIAL}/\n"
        files = {**files, "Dockerfile": copied, **scripts}
    with working_folder() as folder:
        for path, text in files.items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        request = BuildRequest(
            context=folder, dockerfile=folder / "Dockerfile", tag=f"jettison-{key}"
        )
        return engine.build(request, progress)


# What Python says of a file or folder that is not there, by its name as the program wrote it.
_ABSENT = re.compile(r"No such file or directory: (['\"])(?P<path>.+?)\1")
_OF_THE_KERNEL = ("/dev", "/proc", "/sys")


class Absent(Struct, frozen=True, kw_only=True):
    """What errors miss and the image lacks: folders, and targets of files of this machine.

    ``files`` are the project's, ``samples`` are there because nobody has them.
    """

    folders: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    samples: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.folders or self.files or self.samples)

    def given(self, request: VerificationRequest) -> VerificationRequest:
        """Run both images with empty folders, and with the files, and tell so."""
        parts = [f"an empty folder {', '.join(self.folders)}"] if self.folders else []
        parts += [f"{', '.join(self.files)} of the project"] if self.files else []
        parts += [f"a sample of {', '.join(self.samples)}"] if self.samples else []
        more = f"{request.how}, " if request.how else ""
        return replace(
            request,
            made=(*request.made, *self.folders),
            mounted={**request.mounted, **self.files, **self.samples},
            how=f"{more}with {' and '.join(parts)}, which the image lacks",
        )


def absent(
    request: VerificationRequest,
    errors: Collection[str],
    folder: str,
    existing: Callable[[list[str]], Mapping[str, bool]],
) -> Absent:
    """Give what errors name, where the image has nothing of that name.

    ``folder`` is where the application runs. ``existing`` tells of paths whether the image has
    them, of none where that cannot be seen.
    """
    named = {
        posixpath.normpath(posixpath.join(folder, found["path"]))
        for line in errors
        for found in _ABSENT.finditer(line)
    }
    places = {place for path in named for place in (posixpath.dirname(path), path)}
    known = sorted(
        place
        for place in places - {"/", *request.empty, *request.mounted}
        if not f"{place}/".startswith(tuple(f"{one}/" for one in _OF_THE_KERNEL))
    )
    if not known:
        return Absent()
    there = existing(known)
    lacking = {path for path in named if not there.get(path, True)}
    files = dict(_of_the_project(request.files, folder, lacking))
    samples = dict(_samples(lacking - files.keys()))
    mounted = files.keys() | samples.keys()
    folders = {posixpath.dirname(path) for path in named - mounted}
    # a name without an ending is one of a folder, where what it should lie in is there
    folders |= {
        path
        for path in lacking - mounted
        if there.get(posixpath.dirname(path), True) and "." not in posixpath.basename(path)
    }
    made = tuple(place for place in sorted(folders) if not there.get(place, True))
    return Absent(folders=made, files=files, samples=samples)


def _samples(targets: Collection[str]) -> Iterator[tuple[str, str]]:
    """Give what can stand at those of the targets whose name tells what it is."""
    known = table(Samples).files
    for target in sorted(targets):
        found = next((one.file for one in known if re.search(one.pattern, target.lower())), "")
        if found:
            yield target, path_of(found)


def _of_the_project(files: str, folder: str, targets: Collection[str]) -> Iterator[tuple[str, str]]:
    """Give those of the targets that the project has, ``files`` being what is in ``folder``."""
    for target in sorted(targets) if files else ():
        root = Path(files).resolve()
        place = (root / posixpath.relpath(target, folder)).resolve()
        if place != root and place.is_relative_to(root) and (place.is_file() or place.is_dir()):
            yield target, str(place)
