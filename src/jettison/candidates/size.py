"""How large the image would be on a candidate."""

from __future__ import annotations

from collections.abc import Collection

from jettison.base.prediction import predicted_size as composed_size
from jettison.base.request import BaseRequest
from jettison.candidates.image import DEBIAN_NAMES, packages_of
from jettison.candidates.needs import BaseNeeds
from jettison.catalogue.base_release import ALPINE
from jettison.catalogue.system_packages import cost_of, translated
from jettison.distributions.installed_size import environment_size
from jettison.plan.base import ImageFacts, Variant
from jettison.values import Basis, Size

FORMULA = "base, packages by Installed-Size, distributions by their files with byte code, own files"


def predicted_size(needs: BaseNeeds, image: ImageFacts, adds: Collection[str]) -> Size | None:
    """Add up base, packages, distributions and the project's own files; None without a base."""
    if image.size is None:
        return None
    if image.variant is Variant.COMPOSED:
        base = _composed(image, {*needs.installed, *adds})
    else:
        base = image.size.bytes + _packages(needs, image, adds)
    parts = base + needs.application
    facts = (needs.closure.facts[name] for name in needs.names if name in needs.closure.facts)
    return Size(bytes=parts + environment_size(facts), basis=Basis.ESTIMATED, source=FORMULA)


def _composed(image: ImageFacts, names: Collection[str]) -> int:
    """The bytes of a composed base with packages; what only installs packages is left out."""
    release = image.release or ""
    known = {other for name in names if (other := translated(name, release))}
    architecture = image.target.architecture if image.target else "x86_64"
    request = BaseRequest(
        python=image.python or "",
        architecture=DEBIAN_NAMES[architecture],
        packages=tuple(sorted(known - packages_of(image))),
    )
    size = composed_size(request)
    return size.bytes if size else 0


def _packages(needs: BaseNeeds, image: ImageFacts, adds: Collection[str]) -> int:
    """Installed-Size of what is added to a base; Alpine's packages count as Debian's."""
    if image.release == ALPINE:
        release = needs.current.release or "trixie"
        names = {name for name in needs.installed if translated(name, ALPINE)}
        names |= {name for each in adds if (name := translated(each, release))}
        found = cost_of(names, release)
    else:
        names = set(needs.installed) | set(adds)
        found = cost_of(names, image.release or "", packages_of(image))
    return found.bytes if found else 0
