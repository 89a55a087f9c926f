"""An image for several platforms, made on one machine without emulation."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from command import JETTISON, output
from image_oracle import validate
from images import AMD64, ARM64

from jettison.formats.elf import read_elf
from jettison.images.descriptor import Platform
from jettison.images.entry import Kind
from jettison.images.image import Image
from jettison.images.stores.layout import LayoutStore

pytestmark = [pytest.mark.network]

EXAMPLE = Path(__file__).parents[2] / "examples" / "flask-links"
# The field e_machine of the System V ABI.
MACHINES = {AMD64: 0x3E, ARM64: 0xB7}
LOADERS = {AMD64: "ld-linux-x86-64.so.2", ARM64: "ld-linux-aarch64.so.1"}


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> LayoutStore:
    folder = tmp_path_factory.mktemp("platforms") / "layout"
    build = (*JETTISON, "build", str(EXAMPLE), "--base", "composed")
    output(*build, "--platform", "linux/amd64,linux/arm64", "--output", f"oci:{folder}")
    return LayoutStore(folder)


def machines(image: Image) -> Counter[int]:
    """Count the ELF files of an image by what they run on."""
    found: Counter[int] = Counter()
    for layer in image.layers:
        for read in layer.entries():
            if read.entry.kind is Kind.FILE and read_elf(content := b"".join(read.chunks())):
                found[int.from_bytes(content[18:20], "little")] += 1
    return found


@pytest.mark.parametrize("platform", MACHINES, ids=str)
def test_every_program_and_library_is_of_the_platform(
    layout: LayoutStore, platform: Platform
) -> None:
    image = layout.read(None, platform)
    assert validate(image) == ()
    assert image.config.platform == platform
    found = machines(image)
    assert set(found) == {MACHINES[platform]}
    assert found.total() > 50
    loaders = {path.rpartition("/")[2] for path in image.tree().paths if "/ld-linux" in path}
    assert loaders == {LOADERS[platform]}


def test_both_run_the_same_modules(layout: LayoutStore) -> None:
    trees = [layout.read(None, platform).tree().paths for platform in MACHINES]
    ours = [{path for path in paths if path.startswith(("app", "opt"))} for paths in trees]
    named = [{path.replace("aarch64", "x86_64") for path in paths} for paths in ours]
    plain = [{path for path in paths if ".so" not in path} for paths in named]
    assert plain[0] == plain[1]
