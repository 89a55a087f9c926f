"""Build projects before and after and hold the predicted sizes against the built ones.

    python tools/measure_predictions.py [--write PAGE] [FOLDER …]

Builds every folder (by default the examples) with the engine that answers and prints a table in
Markdown, a row for each image. With ``--write`` it becomes a page of the documentation.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from jettison.engines import BuildRequest, Engine
from jettison.engines.finding import find_engine
from jettison.errors import JettisonError
from jettison.lift import Project
from jettison.plan.prediction_parts import Prediction
from jettison.progress import SilentProgress
from jettison.tasks.loading import planned
from jettison.tasks.writing import write_copy

HEAD = "| image | predicted (MB) | built (MB) | difference |\n|---|---:|---:|---:|\n"
PAGE = """\
# Predicted against built sizes

`jettison plan` predicts the sizes of baseline and candidate without building anything.
`make predictions` builds every example both ways and holds the prediction against the size that the
engine reports; it fails when one is off by more than 5 %. Bases are those of `tests/bases/` where
no registry can be reached.

"""
MEGABYTE = 1_000_000


def main() -> int:
    """Print the table; exit status 1 when a prediction is off by more than 5 %."""
    arguments = sys.argv[1:]
    page = Path(arguments[1]) if arguments[:1] == ["--write"] else None
    folders = [Path(each) for each in arguments[2 if page else 0 :]] or examples()
    worst, rows = 0.0, [HEAD]
    with find_engine() as engine:
        sys.stdout.write(HEAD)
        for folder in folders:
            for name, size, built in images(folder, engine):
                share = size / built - 1
                worst = max(worst, abs(share))
                cells = (name, f"{size / MEGABYTE:.1f}", f"{built / MEGABYTE:.1f}", f"{share:+.1%}")
                rows.append(f"| {' | '.join(cells)} |\n")
                sys.stdout.write(rows[-1])
                sys.stdout.flush()
        if page:
            told = f"Measured with {engine.name} on {datetime.now(UTC):%d %B %Y}"
            page.write_text(f"{PAGE}{told}:\n\n{''.join(rows)}")
    return int(worst > 0.05)  # noqa: PLR2004  what the project promises


def examples() -> list[Path]:
    """The applications under examples/."""
    return sorted(path for path in Path("examples").iterdir() if path.is_dir())


def images(folder: Path, engine: Engine) -> Iterator[tuple[str, int, int]]:
    """Yield a name, the predicted bytes and the built bytes of the image before and after."""
    found = planned(folder)
    prediction = found.plan.prediction
    with tempfile.TemporaryDirectory() as place:
        after = Path(place) / "after"
        write_copy(found.loaded.root, after, found.plan.files)
        for name, root, project, predicted in (
            ("before", found.loaded.root, found.start.original, prediction.before),
            ("after", after, found.plan.project, prediction.after),
        ):
            yield from image(f"{folder.name} {name}", root, project, predicted, engine)


def image(
    name: str, root: Path, project: Project, predicted: Prediction, engine: Engine
) -> Iterator[tuple[str, int, int]]:
    """Build one image; say on the error stream when that fails."""
    request = BuildRequest(
        context=root / project.context,
        dockerfile=root / project.dockerfile_path,
        tag="jettison-prediction",
        target=project.target,
        build_args=project.build_arguments,
    )
    try:
        built = engine.inspect(engine.build(request, SilentProgress())).size
    except JettisonError as error:
        sys.stderr.write(f"{name}: {error}\n{error.why}\n")
        return
    if predicted.size is not None:
        yield name, predicted.size.bytes, built
    for item in predicted.unknown:
        sys.stderr.write(f"{name}: not counted: {item.what}\n")


if __name__ == "__main__":
    sys.exit(main())
