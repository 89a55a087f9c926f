import json

import pytest

from jettison.engines.client import image_facts
from jettison.errors import EngineError
from jettison.images.config import SECOND, HealthCheck

DOCUMENT = {
    "Id": "sha256:aa",
    "Size": 12,
    "Architecture": "amd64",
    "RootFS": {"Layers": [f"sha256:{1:064x}"]},
    "Config": {
        "Env": ["PATH=/bin", "EMPTY="],
        "Cmd": ["python3"],
        "Entrypoint": None,
        "User": "10001",
        "ExposedPorts": {"8000/tcp": {}},
        "Labels": {"b": "2", "a": "1"},
        "Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 30_000_000_000},
    },
}


def test_a_volume_is_known_by_one_name() -> None:
    # an engine refuses a folder that is mounted under both names
    config = {"Volumes": {"/data/": {}, "/data": {}, "//data": {}, "/x/../data": {}}}
    assert image_facts(json.dumps([{**DOCUMENT, "Config": config}])).volumes == ("/data",)


def test_the_configuration_becomes_facts() -> None:
    facts = image_facts(json.dumps([DOCUMENT]))
    assert facts.environment == (("PATH", "/bin"), ("EMPTY", ""))
    assert (facts.entrypoint, facts.command, facts.user) == ((), ("python3",), "10001")
    assert facts.ports == ("8000/tcp",)
    assert facts.labels == (("a", "1"), ("b", "2"))
    assert facts.health_check == HealthCheck(test=("CMD-SHELL", "true"), interval=30 * SECOND)


def test_podman_writes_ids_without_their_algorithm() -> None:
    assert image_facts(json.dumps([{**DOCUMENT, "Id": "aa"}])).id == "sha256:aa"


def test_podman_writes_the_health_check_beside_the_configuration() -> None:
    config = {name: value for name, value in DOCUMENT["Config"].items() if name != "Healthcheck"}
    document = {**DOCUMENT, "Config": config, "Healthcheck": {"Test": ["CMD", "true"]}}
    assert image_facts(json.dumps([document])).health_check == HealthCheck(test=("CMD", "true"))


def test_podman_writes_an_entry_point_as_one_string() -> None:
    document = {**DOCUMENT, "Config": {**DOCUMENT["Config"], "Entrypoint": "/start it"}}
    assert image_facts(json.dumps([document])).entrypoint == ("/start it",)


def test_a_health_check_that_is_switched_off_is_none() -> None:
    config = {**DOCUMENT["Config"], "Healthcheck": {"Test": ["NONE"]}}
    assert image_facts(json.dumps([{**DOCUMENT, "Config": config}])).health_check is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '[{"Id": 3}]'])
def test_another_answer_is_an_error_of_the_engine(text: str) -> None:
    with pytest.raises(EngineError, match="not understood"):
        image_facts(text)
