"""How images are run."""

from __future__ import annotations

from typing import Any, cast

from jettison.engines import ImageFacts, ImageID
from jettison.verify.observation import Setting
from jettison.verify.observe import options
from jettison.verify.request import VerificationRequest

FACTS = ImageFacts(id=ImageID("sha256:aa"), size=1, layers=())


def test_a_folder_that_the_plan_keeps_writable_and_a_volume_have_in_common_is_mounted_once() -> (
    None
):
    request = VerificationRequest(
        image_before="a",
        image_after="b",
        volumes=("/data",),
        bind_mounts=("/shared",),
        read_only_volumes=("/data", "/shared", "/tmp", "/cache"),
    )
    setting = Setting(
        engine=cast("Any", None),
        request=request,
        image="b",
        facts=FACTS,
        health_path="/",
        read_only=True,
    )
    assert options(setting).volumes == ("/data", "/cache")
