"""What is done with one project of a fleet, in a process of its own: plan, build, verify."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from msgspec import msgpack

from jettison.assessment.fleet import FOREIGN, BuiltImage, Failure, Project, StoredLayer, Verified
from jettison.assessment.fleet_bases import BaseNeeds
from jettison.assessment.fleet_file import Member
from jettison.assessment.fleet_layers import Item
from jettison.builder.builder import Builder
from jettison.builder.foundation import BuildOptions
from jettison.builder.shortened_base import BuildNeeds
from jettison.errors import DamagedCacheError, JettisonError, ProjectError, UnsupportedError
from jettison.images import locate
from jettison.images.descriptor import Platform
from jettison.images.digest import Compression
from jettison.images.image import Image
from jettison.images.stores import PARTIAL, remove_abandoned
from jettison.images.stores.cache import CHECKOUTS, blob_cache, cache_directory
from jettison.images.stream import Compressor
from jettison.lift.scopes import PackageScope, Scope
from jettison.plan import Plan
from jettison.plan.prediction_environment import application_size
from jettison.processes.git import checked_out, commit_at
from jettison.progress import SilentProgress
from jettison.report.verdict_text import conclusion
from jettison.tasks.building import ProjectChoice, built, lock_of
from jettison.tasks.delivery import written
from jettison.tasks.fleet import Kept, failure_of
from jettison.tasks.fleet.orders import Made, Order
from jettison.tasks.loading import Planned, commands_decided
from jettison.values import replace

_FETCH_SECONDS, _ASKED_SECONDS = 300.0, 60.0


def plan_project(argument: bytes) -> Project | Kept:
    """Plan, and tell what the image would be made of; raises the errors of planning.

    What was planned of the commit that a revision names now is not planned again.
    """
    order = msgpack.decode(argument, type=Order)
    if order.member.image:
        return _image(order)
    if not order.member.git or order.fixed:
        return _planned(order)
    order = replace(
        order, commit=commit_at(order.member.git, order.member.revision, _ASKED_SECONDS)
    )
    made = Made()
    known = made.known("plan", order, Project)
    if known is not None:
        return Kept(value=known)
    found = _planned(order)
    if not found.failure:
        made.keep("plan", order, found)
    return found


def _planned(order: Order) -> Project:
    found = _choice(order, folder_of(order)).planned(cache_directory()).for_builder()
    plan = found.plan
    before, after = plan.prediction.before.size, plan.prediction.after.size
    needs, blocks, failure = _needs(found, order)
    return Project(
        python=plan.stage.python or "",
        before=before.bytes if before else None,
        after=after.bytes if after else None,
        base=BaseNeeds(wanted=needs.wanted, libraries=needs.libraries) if needs else None,
        items=tuple(_items(needs)) if needs else (),
        own=application_size(plan.project),
        blocks=blocks,
        findings=tuple(dict.fromkeys(_findings(plan))),
        failure=failure,
        commit=order.commit,
    )


def _needs(found: Planned, order: Order) -> tuple[BuildNeeds | None, str, Failure | None]:
    """Return what the builder needs, why it cannot build the project, or why that is not known."""
    options = _options(order)
    try:
        builder = Builder(
            plan=found.plan,
            root=found.loaded.root,
            options=options,
            progress=SilentProgress(),
            folder=cache_directory(),
            locked=lock_of(_choice(order, found.loaded.root), options),
        )
        return builder.needs(fetch=order.fetch), "", None
    except UnsupportedError as error:
        first = next(iter(error.why.splitlines()), "")
        return None, ": ".join(filter(None, (str(error), first))), None
    except DamagedCacheError:
        raise
    except JettisonError as error:
        return None, "", failure_of(error)


def _options(order: Order) -> BuildOptions:
    return BuildOptions(
        platform=Platform.parse(order.platform),
        compressor=Compressor.default(Compression.GZIP),
        offline=order.offline,
        shared=order.shared,
    )


def _choice(order: Order, folder: Path) -> ProjectChoice:
    return ProjectChoice(
        directory=folder,
        dockerfile=order.member.dockerfile,
        service=order.member.service,
        level=order.level,
        offline=order.offline,
    )


def _items(needs: BuildNeeds) -> Iterator[Item]:
    for pin, mark in zip(needs.pins, needs.marks, strict=True):
        yield Item(
            key=mark, name=pin.name, version=pin.version, bytes=pin.size or 0, family=needs.family
        )


def _findings(plan: Plan) -> Iterator[str]:
    """Yield what is found, worded so that the same of another project reads the same."""
    for package in plan.packages:
        if package.scope is not PackageScope.RUNTIME:
            yield f"install {package.name} in the final stage"
    for requirement in plan.requirements:
        if requirement.scope is Scope.DEVELOPMENT:
            yield f"install {requirement.name} in production"
    yield from (f"{one.message} ({one.rule})" for one in plan.findings)


def _image(order: Order) -> Project:
    """Read the layers of an image that is taken as it is."""
    place = locate(order.member.image, blob_cache())
    image = place.store.read(place.reference, Platform.parse(order.platform))
    layers = ((str(each.descriptor.digest), each.descriptor.size) for each in image.layers)
    return Project(layers=tuple(layers))


def build_project(argument: bytes) -> BuiltImage:
    """Build with what is shared, and write the image; raises the errors of building."""
    order = msgpack.decode(argument, type=Order)
    choice = _choice(order, folder_of(order))
    done = built(choice, [_options(order)], SilentProgress(), cache_directory())
    image = done.content
    if not isinstance(image, Image):
        raise ProjectError("an image of several platforms was built")
    cache = blob_cache()
    lines = tuple(written(image, tuple(locate(place, cache) for place in order.places)))
    return BuiltImage(digest=str(image.manifest.digest), layers=tuple(_layers(image)), places=lines)


def verify_project(argument: bytes) -> Verified:
    """Build before and after, run and compare both; raises the errors of optimizing.

    Commands of a project's settings are not run: nobody was asked about them.
    """
    # Late: planning and building need no engine.
    from jettison.engines.limits import Limits  # noqa: PLC0415
    from jettison.tasks.optimizing_elsewhere import optimize_with  # noqa: PLC0415
    from jettison.tasks.writing import require_committed, write_in_place  # noqa: PLC0415

    order = msgpack.decode(argument, type=Order)
    found = _choice(order, folder_of(order)).planned(cache_directory())
    found = commands_decided(found, allowed=False)
    write = order.write and not order.member.git
    if write:
        require_committed(found.loaded.root)
    result = optimize_with(order.engine, found, Limits(), SilentProgress())
    verdict = result.verdict
    updated = write and verdict.equivalent and verdict.ran and bool(result.plan.files)
    if updated:
        write_in_place(found.loaded.root, result.plan.files)
    return Verified(
        conclusion=conclusion(verdict),
        equivalent=verdict.equivalent,
        before=result.before.size.bytes,
        after=result.after.size.bytes,
        differences=tuple(f"{one.name}: {one.message}" for one in verdict.differences),
        updated=updated,
    )


def _what(made_by: str) -> str:
    own = "jettison: "
    return made_by.removeprefix(own) if made_by.startswith(own) else FOREIGN


def _layers(image: Image) -> Iterator[StoredLayer]:
    history = [each for each in image.config.history if not each.empty_layer]
    for layer, made in zip(image.layers, history, strict=True):
        yield StoredLayer(
            digest=str(layer.descriptor.digest),
            bytes=layer.descriptor.size,
            what=_what(made.created_by),
        )


def folder_of(order: Order) -> Path:
    """Return the folder of a project, fetched where it is in a repository.

    ProjectError when there is no such folder, NetworkError when the repository does not answer.
    """
    member = order.member
    if not member.git:
        return _there(order.directory, member)
    top = _checkout(member, order.fixed)
    folder = _there(top / member.path, member)
    if not folder.resolve().is_relative_to(top.resolve()):
        raise ProjectError(
            f"{member.path} leads out of the repository",
            why="it is a link, and what is elsewhere on this machine is no part of the project",
            hint="Correct the path.",
        )
    return folder


def _there(folder: Path, member: Member) -> Path:
    if not folder.is_dir():
        raise ProjectError(
            f"{member.path or folder} is not a folder",
            why=f"{member.name} names it ({member.origin})" if member.origin.file else "",
            hint="Correct the path; it is relative to the fleet file.",
        )
    return folder


def _checkout(member: Member, wanted: str) -> Path:
    """Return the checked out repository; one whose commit is known is fetched once."""
    folder = cache_directory() / CHECKOUTS
    if wanted and (known := _place(folder, member, wanted)):
        return known
    folder.mkdir(parents=True, exist_ok=True)
    remove_abandoned(folder)
    fresh = Path(tempfile.mkdtemp(prefix=".", suffix=PARTIAL, dir=folder))
    try:
        commit = checked_out(member.git, member.revision, fresh, _FETCH_SECONDS)
        if (known := _place(folder, member, commit)) is None:
            os.replace(fresh, folder / _name(member, commit))  # noqa: PTH105 — a folder
        return known or folder / _name(member, commit)
    except (JettisonError, OSError):
        # another process may have been quicker
        known = _place(folder, member, wanted)
        if known is None:
            raise
        return known
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _place(folder: Path, member: Member, commit: str) -> Path | None:
    place = folder / _name(member, commit)
    return place if place.is_dir() else None


def _name(member: Member, commit: str) -> str:
    return hashlib.sha256(f"{member.git}\0{commit}".encode()).hexdigest()[:40]
