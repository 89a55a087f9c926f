"""uv trusts whom pip trusts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jettison.index.index_settings import uv_variables


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))


def test_the_system_decides_whom_uv_trusts() -> None:
    nothing = {"PIP_CONFIG_FILE": os.devnull}
    assert uv_variables(nothing)["UV_SYSTEM_CERTS"] == "1"
    assert "SSL_CERT_FILE" not in uv_variables(nothing)


def test_a_file_of_authorities_that_pip_or_requests_reads_counts_for_uv_too() -> None:
    for name in ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        assert uv_variables({name: "/etc/company.pem"})["SSL_CERT_FILE"] == "/etc/company.pem"


def test_an_own_variable_of_uv_is_left_alone() -> None:
    given = {"SSL_CERT_FILE": "/own.pem", "PIP_CERT": "/etc/company.pem"}
    assert "SSL_CERT_FILE" not in uv_variables(given)


def test_uv_goes_where_pip_goes() -> None:
    given = {
        "PIP_EXTRA_INDEX_URL": "https://a/simple https://b/simple",
        "PIP_FIND_LINKS": "https://c/files /opt/wheels",
        "PIP_TRUSTED_HOST": "a b:8443",
        "PIP_CONFIG_FILE": os.devnull,
    }
    found = uv_variables(given)
    assert found["UV_INDEX"] == "https://a/simple https://b/simple"
    assert found["UV_FIND_LINKS"] == "https://c/files"
    assert found["UV_INSECURE_HOST"] == "a b:8443"
