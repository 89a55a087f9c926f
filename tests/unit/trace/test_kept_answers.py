from __future__ import annotations

from pathlib import Path

from jettison.trace.kept_answers import MOST, KeptAnswers


def test_an_answer_is_of_one_image_and_one_program(tmp_path: Path) -> None:
    kept = KeptAnswers(tmp_path)
    kept.put("sha256:1", "print(1)", b"one")
    assert KeptAnswers(tmp_path).get("sha256:1", "print(1)") == b"one"
    assert kept.get("sha256:2", "print(1)") is None
    assert kept.get("sha256:1", "print(2)") is None


def test_a_damaged_answer_is_not_used(tmp_path: Path) -> None:
    kept = KeptAnswers(tmp_path)
    kept.put("sha256:1", "print(1)", b"one")
    (file,) = (tmp_path / "answers").glob("*.bin")
    file.write_bytes(file.read_bytes()[:-1])
    assert kept.get("sha256:1", "print(1)") is None


def test_old_answers_go(tmp_path: Path) -> None:
    kept = KeptAnswers(tmp_path)
    for number in range(MOST + 3):
        kept.put(f"sha256:{number}", "print(1)", b"one")
    assert len(list((tmp_path / "answers").iterdir())) == MOST
