"""Which base image the final stage could have, and which one it gets."""

from __future__ import annotations

from jettison.catalogue.reader import table
from jettison.lift.reference import PythonTag
from jettison.lift.stage import FinalStage
from jettison.plan.parts import BaseCandidate, BaseChoice
from jettison.values import Basis, Size


def base_choice(stage: FinalStage, *, level: int, builds_apart: bool) -> BaseChoice:
    """Choose among the tags of the same Python version.

    ``builds_apart`` says that the environment is made in another stage, so that the final one needs
    no compiler. Levels below 2 keep the base.
    """
    tag = stage.tag
    if tag is None:
        reason = "kept: only the official Python images' tags are understood"
        return _only(stage.base, reason)
    if tag.variant == "alpine":
        return _only(stage.base, "kept: what works on musl today is left there")
    candidates = (_slim(tag, level, builds_apart), _full(tag), _alpine(tag))
    taken = next((item for item in candidates if item.accepted), None)
    chosen = taken.reference if taken else stage.base
    return BaseChoice(current=stage.base, chosen=chosen, candidates=candidates)


def size_of(tag: PythonTag) -> Size | None:
    """The catalogued size of an official image; None when it is not catalogued."""
    known = table("base_images")["sizes"]
    name = "-".join(part for part in (tag.minor or "", tag.variant) if part)
    count = known.get(name)
    if not isinstance(count, int):
        return None
    return Size(bytes=count, basis=Basis.CATALOGUED, source=known["source"])


def _only(reference: str, reason: str) -> BaseChoice:
    candidate = BaseCandidate(reference=reference, accepted=True, reasons=(reason,))
    return BaseChoice(current=reference, chosen=reference, candidates=(candidate,))


def _slim(tag: PythonTag, level: int, builds_apart: bool) -> BaseCandidate:
    slim = tag if tag.variant == "slim" else tag.slim()
    if tag.variant == "slim":
        accepted, reason = True, "in use; the same Python without compilers and headers"
    elif level < 2:  # noqa: PLR2004  the level that may choose another base
        accepted, reason = False, "level 1 keeps the base"
    elif not builds_apart:
        accepted, reason = (
            False,
            "the final stage builds its own environment and may need a compiler",
        )
    else:
        accepted, reason = True, "the same Python and Debian release without compilers and headers"
    return BaseCandidate(
        reference=str(slim), accepted=accepted, reasons=(reason,), size=size_of(slim)
    )


def _full(tag: PythonTag) -> BaseCandidate:
    full = tag if tag.variant == "" else tag.full()
    reason = "compilers, headers and version control that a running application does not need"
    return BaseCandidate(reference=str(full), accepted=False, reasons=(reason,), size=size_of(full))


def _alpine(tag: PythonTag) -> BaseCandidate:
    sibling = tag.alpine_sibling()
    reason = "musl instead of glibc: not shown that every distribution has a musllinux wheel"
    return BaseCandidate(
        reference=str(sibling), accepted=False, reasons=(reason,), size=size_of(sibling)
    )
