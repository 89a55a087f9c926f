from __future__ import annotations

from collections.abc import Callable

import pytest

from jettison.builder.base import Base, BaseFacts
from jettison.builder.foundation import FoundationLayer
from jettison.errors import IntegrityError
from jettison.images.config import Config, History
from jettison.images.descriptor import Descriptor, Platform
from jettison.images.digest import OCI_LAYER, DiffID
from jettison.values import Skipped

FACTS = BaseFacts(
    interpreter="/usr/bin/python3.13", version="3.13.5", packages_directory="", libc="glibc",
    libc_version="2.41", directories=frozenset(), passwd="", group="",
)  # fmt: skip


def layer(name: str) -> FoundationLayer:
    content = name.encode()
    blob = Descriptor.of(content, OCI_LAYER)
    return FoundationLayer(blob=blob, diff_id=DiffID.of(content))


def base(*makes: Callable[[], FoundationLayer]) -> Base:
    return Base(
        name="composed",
        config=Config.empty(Platform(architecture="amd64")),
        layers=(),
        facts=FACTS,
        compiler=lambda: Skipped(what="bytecode", reason="none is made"),
        coming=tuple((make, History(created_by=str(n))) for n, make in enumerate(makes)),
    )


def test_layers_that_are_coming_lie_below_those_that_are_added() -> None:
    coming = base(lambda: layer("system"), lambda: layer("interpreter")).begun()
    whole = coming.with_layer(layer("distributions"), History(created_by="2")).whole()
    wanted = [layer(name) for name in ("system", "interpreter", "distributions")]
    assert list(whole.layers) == wanted
    assert list(whole.config.diff_ids) == [each.diff_id for each in wanted]
    assert [entry.created_by for entry in whole.config.history] == ["0", "1", "2"]
    assert coming.height == whole.height - 1


def test_what_fails_beside_is_told_when_it_is_waited_for() -> None:
    def fail() -> FoundationLayer:
        raise IntegrityError("a package is damaged")

    with pytest.raises(IntegrityError, match="a package is damaged"):
        base(lambda: layer("system"), fail).begun().whole()
