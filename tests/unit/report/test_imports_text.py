"""A check of imports as text."""

from jettison.report.verdict_text import imports_text
from jettison.values import Origin, Skipped
from jettison.verify import Attempt, ImportResult, Loss

MISSING = Attempt(
    module="shop.main",
    error="ModuleNotFoundError",
    missing="yaml",
    message="No module named 'yaml'",
    origin=Origin(file="shop/main.py", line=3),
)


def result(**changed: object) -> ImportResult:
    values: dict[str, object] = {
        "python": "3.12",
        "image_python": "3.12",
        "full": ("flask", "moto", "pyyaml"),
        "runtime": ("flask",),
        "imported": 4,
    }
    return ImportResult(**{**values, **changed})  # type: ignore[arg-type]  # by name


def test_what_is_missing_names_its_requirement_and_the_correction() -> None:
    loss = Loss(attempt=MISSING, distribution="pyyaml", requirement="moto")
    assert imports_text(result(losses=(loss,), kept=("moto",))) == (
        "Imports checked without a container, with Python 3.12\n"
        "  everything:  3 distributions\n"
        "  runtime set: 1 distribution, without moto, pyyaml\n"
        "  4 modules imported with the runtime set\n"
        "  MISSING shop.main: No module named 'yaml' (shop/main.py:3)\n"
        "    pyyaml provides it, a dependency of moto\n"
        "Plan corrected: keep moto in production\n"
        "Verdict: not equivalent (1 import missing)\n"
    )


def test_another_interpreter_and_what_could_not_be_tried_are_told() -> None:
    text = imports_text(
        result(
            image_python="3.7",
            failed=(MISSING,),
            skipped=(Skipped(what="uwsgi", reason="it would have to be compiled"),),
        )
    )
    assert "with Python 3.12 (the image has 3.7)" in text
    assert "`uv python install 3.7`" in text
    assert "1 module fail with both sets, so not compared" in text
    assert "not installed here: uwsgi: it would have to be compiled" in text
    assert text.endswith("Verdict: equivalent (no import is missing)\n")


def test_where_nothing_could_be_imported_nothing_is_known() -> None:
    nothing = result(imported=0, failed=(MISSING,))
    assert not nothing.equivalent
    assert imports_text(nothing).endswith("Verdict: unknown (nothing could be imported)\n")


def test_where_nothing_leaves_nothing_is_tried() -> None:
    text = imports_text(result(full=("flask",), imported=0))
    assert "imported" not in text
    assert text.endswith("Verdict: equivalent (no distribution is removed)\n")
