import pytest

from jettison.catalogue.base_release import debian_release, release_of


@pytest.mark.parametrize(
    ("reference", "release"),
    [
        ("python:3.11-slim", "trixie"),
        ("python:3.13", "trixie"),
        ("python:3", "trixie"),
        ("python", "trixie"),
        ("python:slim", "trixie"),
        ("docker.io/library/python:3.12-slim-bookworm", "bookworm"),
        ("python:3.11.4-slim", "bookworm"),
        ("python:3.11.3-slim", "bullseye"),
        ("python:3.11.14-slim", "trixie"),
        ("python:3.8-slim", "bookworm"),
        ("python:3.6", "bullseye"),
        ("python:3.12-alpine3.20", "alpine"),
        ("python:3.12-alpine@sha256:" + "0" * 64, "alpine"),
        ("alpine:3.22", "alpine"),
        ("debian:12-slim", "bookworm"),
        ("debian:bullseye-20240110-slim", "bullseye"),
        ("debian:stable-slim", "trixie"),
        ("debian:12.5", "bookworm"),
        ("ghcr.io/astral-sh/uv:python3.12-bookworm-slim", "bookworm"),
        ("gcr.io/distroless/python3-debian12", None),
        ("registry.example:5000/python:3.11", None),
        ("ubuntu:24.04", None),
        ("python:2.4", None),
    ],
)
def test_a_reference_names_its_release(reference, release):
    assert release_of(reference) == release


def test_a_release_has_a_c_library_and_an_end():
    trixie, bullseye = debian_release("trixie"), debian_release("bullseye")
    assert (trixie.glibc, bullseye.glibc) == ("2.41", "2.31")
    assert bullseye.end_of_life < bullseye.long_term < trixie.end_of_life
    assert debian_release("source") is None
    assert debian_release("warty") is None
