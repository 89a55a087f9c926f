from __future__ import annotations

import os
from pathlib import Path

from jettison.index.index_settings import split_credentials


def test_an_address_without_credentials_stays_as_it_is() -> None:
    url, credentials = split_credentials("https://example.org/simple")
    assert url == "https://example.org/simple"
    assert credentials.for_url(url) == {}


def test_netrc_gives_them_for_its_host_only(tmp_path: Path) -> None:
    file = tmp_path / ".netrc"
    file.write_text("machine example.org login me password secret\n", encoding="utf-8")
    file.chmod(0o600)
    url, credentials = split_credentials("https://example.org/simple", netrc_file=file)
    assert "authorization" in credentials.for_url(url)
    assert credentials.for_url("https://files.example.org/x.whl") == {}
    assert "secret" not in repr(credentials)


def test_a_missing_netrc_and_a_pipe_count_as_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("none", "pipe"):
        _, credentials = split_credentials("https://example.org/", netrc_file=tmp_path / name)
        assert credentials.for_url("https://example.org/") == {}
