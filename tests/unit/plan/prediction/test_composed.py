from base_needs import project_of
from tests.support.cases import composition

from jettison.lift.stage import lifted
from jettison.lower.composed_base import compose_base
from jettison.plan import EMPTY
from jettison.plan.changes import ComposeBase
from jettison.plan.prediction import predicted
from jettison.values import Basis, Size

DOCKERFILE = """\
FROM python:3.13-slim
WORKDIR /app
RUN apt-get update && apt-get install -y git
RUN python -m compileall -q /usr/local/lib/python3.13 /app
CMD ["python", "app.py"]
"""


def test_a_composed_base_counts_as_it_was_measured_and_its_python_as_debians() -> None:
    made_of = composition(["libc6", "git"])
    text = compose_base(lifted(project_of(DOCKERFILE)), ComposeBase(composition=made_of))
    found = predicted(project_of(text), EMPTY, composed=made_of.size)
    sizes = {part.what: part.size.bytes for part in found.parts}
    assert sizes["base composed of Debian's packages"] == made_of.size.bytes
    assert sizes["byte code of the standard library"] == 9_887_257
    assert not any("packages:" in what for what in sizes)
    assert found.unknown == ()


def test_without_its_composition_the_size_is_not_known() -> None:
    made_of = composition(["libc6"])
    text = compose_base(lifted(project_of(DOCKERFILE)), ComposeBase(composition=made_of))
    assert predicted(project_of(text), EMPTY).size is None


def test_another_base_brings_its_own_packages_and_byte_code() -> None:
    """The embedded builder composes a base for a Dockerfile that stands on an official image."""
    size = Size(bytes=50_000_000, basis=Basis.CATALOGUED)
    found = predicted(project_of(DOCKERFILE), EMPTY).on(size)
    assert next((part.what, part.size.bytes) for part in found.parts) == ("base", 50_000_000)
    assert not any("packages" in part.what or "standard" in part.what for part in found.parts)
