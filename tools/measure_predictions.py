"""Build projects before and after and hold the predicted sizes against the built ones.

    python tools/measure_predictions.py [FOLDER …]

Builds every folder (by default the examples) with the engine that answers and prints a table in
Markdown, a row for each image.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from jettison.engines.engine import BuildRequest, Engine
from jettison.engines.finding import find_engine
from jettison.errors import JettisonError
from jettison.facts import Project
from jettison.loading.plan import planned
from jettison.prediction.values import Prediction
from jettison.progress import SilentProgress
from jettison.writing import write_copy

MEGABYTE = 1_000_000


def main() -> int:
    """Print the table; exit status 1 when a prediction is off by more than 5 %."""
    folders = [Path(each) for each in sys.argv[1:]] or examples()
    worst = 0.0
    sys.stdout.write("| image | predicted (MB) | built (MB) | difference |\n|---|---:|---:|---:|\n")
    with find_engine() as engine:
        for folder in folders:
            for name, size, built in images(folder, engine):
                share = size / built - 1
                worst = max(worst, abs(share))
                cells = (name, f"{size / MEGABYTE:.1f}", f"{built / MEGABYTE:.1f}", f"{share:+.1%}")
                sys.stdout.write(f"| {' | '.join(cells)} |\n")
                sys.stdout.flush()
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
