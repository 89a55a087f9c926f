"""Every key of a document is an attribute of the value that it is written from."""

from __future__ import annotations

import pytest

from jettison.report.documents import SHAPES


@pytest.mark.parametrize("kind", SHAPES, ids=lambda kind: kind.__name__)
def test_a_shape_names_attributes_of_its_value(kind: type) -> None:
    words = (word.strip("*?").rpartition("=")[2] for word in SHAPES[kind].split())
    assert [word for word in words if not hasattr(kind, word.partition(".")[0])] == []
