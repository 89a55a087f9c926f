"""A project, an index with its wheels, and a base image, all on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from images import AMD64, packed_layer
from msgspec.structs import replace
from package_index import PackageIndex

from jettison.builder.foundation import BuildOptions, Bytecode
from jettison.images.config import History
from jettison.images.image import Image
from jettison.images.stream import Compressor
from jettison.images.tar_writer import Member
from jettison.progress import SilentProgress
from jettison.tasks.building import Built, ProjectChoice, built

DOCKERFILE = """\
FROM python:3.13-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
RUN useradd --uid 1000 --create-home app && mkdir -p /app/data && chown app:app /app/data
USER app
EXPOSE 8000
CMD ["serve", "main:app"]
"""
PASSWD = b"root:x:0:0:root:/root:/bin/sh\n"
RELEASE = b'ID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie\n'


def base_image() -> Image:
    """Make an image that looks like the official one."""
    folders = ("etc", "usr", "usr/local", "usr/local/bin", "usr/local/lib", "tmp", "root")
    layer = packed_layer(
        *(Member.directory(path) for path in folders),
        Member.file("etc/passwd", PASSWD),
        Member.file("etc/group", b"root:x:0:\n"),
        Member.file("etc/os-release", RELEASE),
        Member.file("usr/local/bin/python3.13", b"\x7fELF", mode=0o755),
    )
    image = Image.empty(AMD64).append(layer, History(created_by="base"))
    words = ["PATH=/usr/local/bin:/usr/bin:/bin", "PYTHON_VERSION=3.13.5"]
    return image.with_config(image.config.with_execution(Env=words, Cmd=["python3"]))


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where a test builds."""

    project: Path
    base: Path
    index: PackageIndex
    cache: Path

    def build(self, *, cache: Path | None = None, project: Path | None = None, level: int = 0,
              lock: bool = False, **options: object) -> Built:  # fmt: skip
        """Build the project on the base, without bytecode unless it is asked for."""
        asked = BuildOptions(
            platform=AMD64,
            base=f"oci:{self.base}",
            bytecode=Bytecode.NONE,
            compressor=Compressor.default(),
        )
        asked = replace(asked, **options)  # type: ignore[arg-type]
        choice = ProjectChoice(directory=project or self.project, level=level, offline=True)
        return built(choice, [asked], SilentProgress(), cache or self.cache, lock=lock)

    def image(self, **how: object) -> Image:
        """Build and give the image."""
        content = self.build(**how).content  # type: ignore[arg-type]
        assert isinstance(content, Image)
        return content
