"""Two images that were built where nothing can run them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from images import AMD64

from jettison.contents.measurement import DistributionMeasurement, ImageMeasurement
from jettison.engines import Isolation
from jettison.engines.embedded.chroot import CHROOT
from jettison.engines.embedded.engine import EmbeddedEngine
from jettison.images.image import Image
from jettison.tasks.unrun import compare_unrun, refused_in_chroot
from jettison.values import Basis, Size
from jettison.verify import START, CheckResult, Outcome, Subject, Verdict
from jettison.verify.request import VerificationRequest

NOTHING = Size(bytes=0, basis=Basis.MEASURED, source="test")


def image(name: str, **versions: str) -> ImageMeasurement:
    return ImageMeasurement(
        id=name,
        size=NOTHING,
        compressed_size=NOTHING,
        layers=(),
        files=0,
        setuid_files=(),
        distributions=tuple(
            DistributionMeasurement(name=key, version=value, location="", size=NOTHING)
            for key, value in versions.items()
        ),
        debian_packages=(),
        user="",
        python_version="3.11",
    )


@pytest.fixture
def engine() -> Iterator[EmbeddedEngine]:
    with EmbeddedEngine() as made:
        yield made


def judged(
    engine: EmbeddedEngine, before: dict[str, str], after: dict[str, str], *commands: str
) -> Verdict:
    empty = Image.empty(AMD64)
    made = [empty.with_config(empty.config.with_execution(Cmd=[word])) for word in commands]
    names = [engine.add(one) for one in made or (empty, empty)]
    images = image(names[0], **before), image(names[1], **after)
    request = VerificationRequest(
        image_before=names[0],
        image_after=names[1],
        modules=("main",),
        removed_distributions=("pytest",),
    )
    return compare_unrun(request, engine, images, "unshare: Operation not permitted")


def test_what_nothing_ran_for_is_skipped_and_nothing_is_called_equivalent(
    engine: EmbeddedEngine,
) -> None:
    verdict = judged(engine, {"flask": "3.1", "pytest": "8.3"}, {"flask": "3.1"})
    found = {check.name: check for check in verdict.checks}
    assert found["distributions"].outcome is Outcome.SAME
    assert found["routes"].outcome is found["modules"].outcome is Outcome.SKIPPED
    assert "unshare: Operation not permitted" in found["routes"].message
    assert "its interpreter cannot be started" in found["modules"].message
    assert verdict.isolation == "imports"
    assert not verdict.equivalent
    assert not verdict.ran


def test_another_version_or_command_is_a_difference(engine: EmbeddedEngine) -> None:
    verdict = judged(engine, {"h11": "0.14"}, {"h11": "0.16"}, "serve", "other")
    assert [check.name for check in verdict.differences] == ["distributions", "entry-point"]
    assert verdict.differences[0].details == ("h11: resolved differently, 0.14 became 0.16",)


EPERM = "PermissionError: [Errno 1] Operation not permitted"
DEAD = "ended with status 1"


@pytest.mark.parametrize(
    ("isolation", "before", "line", "said"),
    [
        (CHROOT, DEAD, EPERM, f"the baseline does not start in a chroot: {EPERM}"),
        (CHROOT, DEAD, "KeyError: 'DATABASE_URL'", ""),
        (CHROOT, "ready", EPERM, ""),
        (Isolation(name="namespaces"), DEAD, EPERM, ""),
    ],
)
def test_a_baseline_that_a_chroot_keeps_from_starting_is_compared_without_running(
    isolation: Isolation, before: str, line: str, said: str
) -> None:
    start = CheckResult(
        name=START, outcome=Outcome.DIFFERENT, message="neither image becomes ready",
        before=before, after=DEAD, details=("  s = socket.socket()", line),
    )  # fmt: skip
    subject = Subject(image="x", startup_seconds=None, memory=None)
    found = Verdict(engine="embedded", before=subject, after=subject, checks=(start,))
    assert refused_in_chroot(isolation, found) == said
