import pytest

from jettison.lift import python_tag


@pytest.mark.parametrize(
    ("reference", "slim"),
    [
        ("python:3.11", "python:3.11-slim"),
        ("python:3.11.4-bookworm", "python:3.11.4-slim-bookworm"),
        ("python:3.12-alpine3.20", "python:3.12-slim"),
        ("docker.io/library/python:3", "docker.io/library/python:3-slim"),
        ("python:latest", "python:slim"),
        ("mirror.example:5000/library/python:3.13", "mirror.example:5000/library/python:3.13-slim"),
        ("python:3.11@sha256:abc", "python:3.11-slim"),
    ],
)
def test_the_slim_sibling_keeps_version_release_and_repository(reference: str, slim: str) -> None:
    tag = python_tag(reference)
    assert tag is not None
    assert str(tag) == reference
    assert str(tag.slim()) == slim


@pytest.mark.parametrize(
    "reference",
    ["debian:trixie", "python", "python:3.12-", "python:windowsservercore", "a/python:3"],
)
def test_other_images_are_not_taken_for_python(reference: str) -> None:
    assert python_tag(reference) is None


def test_a_bare_major_version_has_no_minor() -> None:
    tag = python_tag("python:3-slim")
    assert tag is not None
    assert tag.minor is None
