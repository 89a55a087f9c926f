"""What was measured of an image, as values."""

from __future__ import annotations

from msgspec import Struct

from jettison.values import Size


class LayerMeasurement(Struct, frozen=True, kw_only=True):
    """One layer: the bytes of its files, and its bytes as gzip."""

    diff_id: str
    size: Size
    compressed_size: Size
    files: int


class DistributionMeasurement(Struct, frozen=True, kw_only=True):
    """One Python distribution: ``size`` is that of the files its RECORD lists, with bytecode."""

    name: str
    version: str
    location: str
    size: Size


class DebianPackageMeasurement(Struct, frozen=True, kw_only=True):
    """One installed Debian package; ``size`` is the Installed-Size that it declares."""

    name: str
    version: str
    size: Size


class ImageMeasurement(Struct, frozen=True, kw_only=True):
    """An image: sizes in bytes, counts of its final file tree, and its configuration.

    ``size`` is the engine's own figure (``docker image inspect``); ``compressed_size`` is the sum
    over layers of what gzip makes of them, which is what a pull moves. ``files`` counts regular
    files and hard links.
    """

    id: str
    size: Size
    compressed_size: Size
    layers: tuple[LayerMeasurement, ...]
    files: int
    directories: int
    setuid_files: tuple[str, ...]
    distributions: tuple[DistributionMeasurement, ...]
    debian_packages: tuple[DebianPackageMeasurement, ...]
    user: str
    environment: tuple[tuple[str, str], ...]
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    python_version: str
