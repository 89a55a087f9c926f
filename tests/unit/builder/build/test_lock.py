"""What ``jettison.lock`` says is read as it was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from jettison.builder import Pin
from jettison.builder.lock import Lock, LockedImage, parse_lock
from jettison.errors import InputSyntaxError, ProjectError

PIN = Pin(
    name="flask", version="3.1", filename="flask-3.1-py3-none-any.whl",
    url="https://x.example/flask-3.1-py3-none-any.whl", sha256="0" * 64, size=None,
)  # fmt: skip
IMAGE = LockedImage(
    name="", platform="linux/amd64", base="python:3.13-slim", digest="sha256:1",
    packages=("libmagic1\t5.45\tamd64",), requirements="sha256:2", pins=(PIN, replace(PIN, size=7)),
)  # fmt: skip
TEXTS = st.text(st.characters(exclude_categories=("Cs",)))


def test_both_platforms_and_all_services_are_kept() -> None:
    lock = Lock()
    images = [
        replace(IMAGE, name=name, platform=platform)
        for name in ("", "web")
        for platform in ("linux/arm64", "linux/amd64")
    ]
    for image in images:
        lock = lock.with_image(image)
    assert parse_lock(lock.text) == lock
    for image in images:
        assert lock.image(image.name, image.platform) == image


def test_a_newer_image_takes_the_place_of_the_older() -> None:
    newer = replace(IMAGE, digest="sha256:3")
    assert Lock().with_image(IMAGE).with_image(newer).images == (newer,)


@given(TEXTS, TEXTS, TEXTS)
def test_any_text_comes_back(base: str, line: str, url: str) -> None:
    image = replace(IMAGE, base=base, packages=(line,), pins=(replace(PIN, url=url),))
    assert parse_lock(Lock().with_image(image).text).images == (image,)


@pytest.mark.parametrize(
    "text", ["version = 2\n", "version = 1\n[[image]]\n", "version = 1\nimage = 3\n", "x", ""]
)
def test_what_is_no_lock_is_an_error_with_a_way_out(text: str) -> None:
    with pytest.raises(InputSyntaxError) as caught:
        parse_lock(text)
    assert "jettison.lock" in str(caught.value)


def test_an_image_that_is_not_locked_is_named() -> None:
    with pytest.raises(ProjectError) as caught:
        Lock().with_image(IMAGE).image("web", "linux/amd64")
    assert "web" in caught.value.why
    assert "--lock" in caught.value.hint
