"""Two images that were built where nothing can run them."""

from __future__ import annotations

from jettison.contents.measurement import DistributionMeasurement, ImageMeasurement
from jettison.tasks.optimizing_elsewhere import _unrun
from jettison.values import Basis, Size
from jettison.verify.verdict import ImportResult, Outcome, Verdict

NOTHING = Size(bytes=0, basis=Basis.MEASURED, source="test")
IMPORTS = ImportResult(
    python="3.11", image_python="3.11", full=("flask", "pytest"), runtime=("flask",), imported=7
)


def image(name: str, **versions: str) -> ImageMeasurement:
    return ImageMeasurement(
        id=name,
        size=NOTHING,
        compressed_size=NOTHING,
        layers=(),
        files=0,
        directories=0,
        setuid_files=(),
        distributions=tuple(
            DistributionMeasurement(name=key, version=value, location="", size=NOTHING)
            for key, value in versions.items()
        ),
        debian_packages=(),
        user="",
        environment=(),
        entrypoint=(),
        command=(),
        python_version="3.11",
    )


def outcomes(verdict: Verdict) -> dict[str, Outcome]:
    return {check.name: check.outcome for check in verdict.checks}


def test_imports_and_versions_are_compared_and_nothing_is_called_equivalent() -> None:
    before, after = image("a", flask="3.1", pytest="8.3"), image("b", flask="3.1")
    verdict = _unrun(before, after, IMPORTS, "unshare: Operation not permitted")
    assert outcomes(verdict) == {
        "routes": Outcome.SKIPPED,
        "distributions": Outcome.SAME,
        "imports": Outcome.SAME,
    }
    assert not verdict.equivalent
    assert not verdict.ran
    assert "unshare: Operation not permitted" in verdict.reasons[0].message


def test_another_version_is_a_difference() -> None:
    verdict = _unrun(image("a", h11="0.14"), image("b", h11="0.16"), None, "no namespaces")
    assert verdict.differences[0].details == ("h11: 0.14 became 0.16",)
