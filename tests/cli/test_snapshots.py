"""What commands say, as a whole (``make golden`` writes it anew)."""

from __future__ import annotations

from pathlib import Path

import pytest
from transcripts import transcribed, transcripts


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in transcripts()])
def test_transcript(path: Path, tmp_path: Path) -> None:
    assert transcribed(path, tmp_path) == path.read_text(encoding="utf-8")
