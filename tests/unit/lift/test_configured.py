"""What an image is configured with, as lines of a Dockerfile, whatever the image says."""

from __future__ import annotations

import pytest
from base_needs import project_of

from jettison.errors import UnsupportedError
from jettison.images.config import Config
from jettison.lift.stage import lifted
from jettison.lift.stages import Said, configured, variables_said

STEP = "x\nRUN touch /step"


def text_of(**execution):
    config = Config.of({"config": execution})
    variables = variables_said(config.env.items()) if config.env else ""
    return f"FROM base\n{variables}{''.join(configured(config, Said()))}"


@pytest.mark.parametrize(
    "execution",
    [
        {"WorkingDir": f"/{STEP}"},
        {"User": STEP},
        {"StopSignal": STEP},
        {"Env": [f"A={STEP}"]},
        {"Env": [f"A\nRUN touch /step\nENV{STEP}=a"]},
        {"Labels": {"a": STEP}},
        {"Labels": {STEP: "a"}},
        {"ExposedPorts": {f"80{STEP}": {}}},
    ],
)
def test_no_text_of_an_image_is_a_step(execution):
    with pytest.raises(UnsupportedError, match="configuration of the image"):
        text_of(**execution)


@pytest.mark.parametrize(
    "check", [[f"NONE{STEP}"], ["CMD-SHELL", STEP], ["CMD-SHELL", "x \\"], ["CMD-SHELL"], []]
)
def test_no_health_check_of_an_image_is_a_step(check):
    text = text_of(Healthcheck={"Test": check, "Interval": 5}, Cmd=["run"])
    stage = lifted(project_of(text, {})).stage
    steps = [item.keyword for item in stage.instructions if item.keyword != "HEALTHCHECK"]
    assert steps == ["FROM", "CMD"]


def test_values_of_an_image_stand_for_themselves():
    text = text_of(
        Env=["A=$HOME", 'B=a "b" \\', "=none"],
        WorkingDir="/my $folder",
        Labels={"a b": "$c"},
        Volumes={"/data": {}},
    )
    stage = lifted(project_of(text, {}))
    assert stage.environment == {"A": "$HOME", "B": 'a "b" \\'}
    assert stage.folder == "/my $folder"
    assert stage.labels == {"a b": "$c"}
    assert stage.volumes == ("/data",)
