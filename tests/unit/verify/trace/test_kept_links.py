from __future__ import annotations

from pathlib import Path

import pytest

from jettison.contents.links import links_of
from jettison.verify import tracing
from jettison.verify.tracing import KeptLinks

SOURCE = b"""\
from .part import one
__all__ = ["two"]
def load(name):
    subprocess.run(["cp", "a"])
    return import_module(f"demo.plugins.{name}")
"""


def test_what_is_kept_is_what_parsing_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = KeptLinks()
    assert first.read(SOURCE) == links_of(SOURCE)
    first.save()
    monkeypatch.setattr(tracing, "links_of", lambda source: pytest.fail("was parsed again"))
    assert KeptLinks().read(SOURCE) == links_of(SOURCE)
