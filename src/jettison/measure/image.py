"""Measure an image through its engine."""

from __future__ import annotations

from jettison.engines.engine import Engine
from jettison.measure.archive import ReadLayer, read_archive
from jettison.measure.compression import LEVEL
from jettison.measure.known import KnownSizes
from jettison.measure.measurement import ImageMeasurement, LayerMeasurement
from jettison.measure.owners import debian_packages, distributions, python_version
from jettison.measure.tree import overlay
from jettison.values import Basis, Size

_GZIP_SOURCE = f"gzip level {LEVEL}, layer by layer"


def measure(image: str, engine: Engine, known: KnownSizes | None = None) -> ImageMeasurement:
    """Read an image once, as a stream. Raises EngineError when there is no such image."""
    known = known or KnownSizes()
    facts = engine.inspect(image)
    with engine.save(image) as stream:
        read = read_archive(stream, lambda digest: known.get(digest) is not None)
    layers = tuple(
        _layer(diff_id, layer, known) for diff_id, layer in zip(facts.layers, read, strict=True)
    )
    tree = overlay(layer.listing for layer in read)
    return ImageMeasurement(
        id=facts.id,
        size=Size(bytes=facts.size, basis=Basis.MEASURED, source="image inspect"),
        compressed_size=Size(
            bytes=sum(layer.compressed_size.bytes for layer in layers),
            basis=Basis.MEASURED,
            source=_GZIP_SOURCE,
        ),
        layers=layers,
        files=tree.files,
        directories=tree.directories,
        setuid_files=tree.setuid_files,
        distributions=distributions(tree),
        debian_packages=debian_packages(tree),
        user=facts.user,
        environment=facts.environment,
        entrypoint=facts.entrypoint,
        command=facts.command,
        python_version=python_version(tree, facts.environment),
    )


def _layer(diff_id: str, layer: ReadLayer, known: KnownSizes) -> LayerMeasurement:
    digest = diff_id.rpartition(":")[2]
    if layer.compressed_size is not None:
        known.put(digest, layer.compressed_size)
    compressed = layer.compressed_size or known.get(digest) or 0
    return LayerMeasurement(
        diff_id=diff_id,
        size=Size(bytes=layer.listing.size, basis=Basis.MEASURED, source="files of the layer"),
        compressed_size=Size(bytes=compressed, basis=Basis.MEASURED, source=_GZIP_SOURCE),
        files=len(layer.listing.entries),
    )
