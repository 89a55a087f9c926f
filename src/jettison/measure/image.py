"""Measure an image through its engine."""

from __future__ import annotations

from jettison.engines.engine import Engine, ImageFacts
from jettison.measure.archive import read_archive
from jettison.measure.compression import LEVEL
from jettison.measure.contents import MeasuredLayer, overlay
from jettison.measure.layer import known_layers
from jettison.measure.measurement import ImageMeasurement, LayerMeasurement
from jettison.measure.owners import debian_packages, distributions, python_version
from jettison.records import Records
from jettison.values import Basis, Size

_GZIP_SOURCE = f"gzip level {LEVEL} (zlib-ng), layer by layer"


def measure(image: str, engine: Engine, known: Records | None = None) -> ImageMeasurement:
    """Measure an image; layers that were read before are not read again.

    Raises EngineError when there is no such image.
    """
    known = known or known_layers()
    facts = engine.inspect(image)
    read = _read(image, facts, engine, known)
    layers = tuple(
        _layer(diff_id, layer) for diff_id, layer in zip(facts.layers, read, strict=True)
    )
    contents = overlay(tuple(layer.contents for layer in read))
    return ImageMeasurement(
        id=facts.id,
        size=Size(bytes=facts.size, basis=Basis.MEASURED, source="image inspect"),
        compressed_size=Size(
            bytes=sum(layer.compressed_size.bytes for layer in layers),
            basis=Basis.MEASURED,
            source=_GZIP_SOURCE,
        ),
        layers=layers,
        files=contents.files,
        directories=contents.directories,
        setuid_files=contents.setuid_files,
        distributions=distributions(contents),
        debian_packages=debian_packages(contents),
        user=facts.user,
        environment=facts.environment,
        entrypoint=facts.entrypoint,
        command=facts.command,
        python_version=python_version(contents, facts.environment),
    )


def _read(
    image: str, facts: ImageFacts, engine: Engine, known: Records
) -> tuple[MeasuredLayer, ...]:
    digests = [diff_id.rpartition(":")[2] for diff_id in facts.layers]
    remembered = {digest: known.get(MeasuredLayer, digest) for digest in digests}
    found = tuple(layer for digest in digests if (layer := remembered[digest]))
    if len(found) == len(digests):
        return found
    with engine.save(image) as stream:
        read = read_archive(stream, remembered.get)
    for digest, layer in zip(digests, read, strict=True):
        if remembered[digest] is None:
            known.put(layer, digest)
    return read


def _layer(diff_id: str, layer: MeasuredLayer) -> LayerMeasurement:
    size = Size(bytes=layer.contents.size, basis=Basis.MEASURED, source="files of the layer")
    compressed = Size(bytes=layer.compressed_size, basis=Basis.MEASURED, source=_GZIP_SOURCE)
    return LayerMeasurement(
        diff_id=diff_id,
        size=size,
        compressed_size=compressed,
        files=len(layer.contents.entries),
    )
