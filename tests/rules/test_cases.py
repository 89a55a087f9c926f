"""Every case of every rule: what is found, and what becomes of the files.

`make golden` writes the expected results anew; read the difference before you keep it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from cases import Case, all_cases


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in all_cases()])
def test_case(case: Case, tmp_path: Path) -> None:
    assert case.text(case.plan(tmp_path)) == case.path.read_text(encoding="utf-8")
