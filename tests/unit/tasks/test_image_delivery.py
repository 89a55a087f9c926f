"""Where an optimized image is to be written is looked at before the image is read."""

from pathlib import Path
from typing import cast

import pytest

from jettison.engines import Engine
from jettison.errors import ImageError
from jettison.progress import SilentProgress
from jettison.tasks.delivery import Delivery
from jettison.tasks.loading import Planned
from jettison.tasks.optimizing_elsewhere import optimize_image


def never(_: Path) -> Planned:
    raise AssertionError("the image was read")


@pytest.mark.parametrize("output", ["{}", "oci:{}", "tar:{}"])
def test_a_place_that_cannot_be_written_to_is_refused_first(output: str, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("")
    delivery = Delivery(outputs=(output.format(tmp_path),))
    with pytest.raises(ImageError):
        optimize_image("shop:1", cast("Engine", None), delivery, never, SilentProgress())
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]
