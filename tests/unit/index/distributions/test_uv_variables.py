"""uv trusts whom pip trusts."""

from __future__ import annotations

from jettison.index.settings import uv_variables


def test_the_system_decides_whom_uv_trusts() -> None:
    assert uv_variables({})["UV_SYSTEM_CERTS"] == "1"
    assert "SSL_CERT_FILE" not in uv_variables({})


def test_a_file_of_authorities_that_pip_or_requests_reads_counts_for_uv_too() -> None:
    for name in ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        assert uv_variables({name: "/etc/company.pem"})["SSL_CERT_FILE"] == "/etc/company.pem"


def test_an_own_variable_of_uv_is_left_alone() -> None:
    given = {"SSL_CERT_FILE": "/own.pem", "PIP_CERT": "/etc/company.pem"}
    assert "SSL_CERT_FILE" not in uv_variables(given)
