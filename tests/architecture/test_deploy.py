"""The example for Kubernetes is valid, and its fleet and command are ones that Jettison takes."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from jettison.assessment.fleet_file import parse_fleet
from jettison.cli.fleet import build_command
from jettison.tasks.fleet.cluster import RESOURCE

MANIFEST = Path(__file__).parents[2] / "deploy" / "fleet.yaml"


def closed(required: str = "", **properties: Any) -> dict[str, Any]:
    """Give the schema of an object that has no other properties."""
    return {
        "type": "object", "properties": properties, "required": required.split(),
        "additionalProperties": False,
    }  # fmt: skip


def listed(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of, "minItems": 1}


TEXT, COUNT = {"type": "string", "minLength": 1}, {"type": "integer", "minimum": 0}
TEXTS = {"type": "object", "additionalProperties": TEXT}
QUANTITIES = {
    "type": "object",
    "additionalProperties": {"type": "string", "pattern": r"^\d+(\.\d+)?(m|[KMGT]i?)?$"},
}
CONTAINER = closed(
    "name image resources", name=TEXT, image=TEXT,
    env=listed(closed("name value", name=TEXT, value=TEXT)),
    resources=closed("requests limits", requests=QUANTITIES, limits=QUANTITIES),
    volumeMounts=listed(
        closed("name mountPath", name=TEXT, mountPath=TEXT, readOnly={"type": "boolean"})
    ),
)  # fmt: skip
VOLUME = {
    **closed(
        "name", name=TEXT, configMap=closed("name", name=TEXT),
        emptyDir=closed(sizeLimit=TEXT),
        secret=closed("secretName", secretName=TEXT, items=listed(closed(key=TEXT, path=TEXT))),
    ),
    "minProperties": 2, "maxProperties": 2,
}  # fmt: skip
SECURITY = closed(runAsNonRoot={"const": True}, runAsUser=COUNT, fsGroup=COUNT)
POD = closed(
    "spec",
    spec=closed(
        "containers", containers=listed(CONTAINER), volumes=listed(VOLUME), securityContext=SECURITY
    ),
)
# The fields of ray.io/v1 that the example uses, as the API reference of KubeRay has them.
RAY_JOB = closed(
    "apiVersion kind metadata spec",
    apiVersion={"const": "ray.io/v1"}, kind={"const": "RayJob"},
    metadata=closed("name", name=TEXT),
    spec=closed(
        "entrypoint rayClusterSpec", entrypoint=TEXT, backoffLimit=COUNT,
        shutdownAfterJobFinishes={"type": "boolean"}, ttlSecondsAfterFinished=COUNT,
        rayClusterSpec=closed(
            "rayVersion headGroupSpec workerGroupSpecs",
            rayVersion={"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
            headGroupSpec=closed("rayStartParams template", rayStartParams=TEXTS, template=POD),
            workerGroupSpecs=listed(
                closed(
                    "groupName replicas minReplicas maxReplicas rayStartParams template",
                    groupName=TEXT, replicas=COUNT, minReplicas=COUNT, maxReplicas=COUNT,
                    rayStartParams=TEXTS, template=POD,
                )
            ),
        ),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def documents() -> tuple[dict[str, Any], dict[str, Any]]:
    config, job = yaml.safe_load_all(MANIFEST.read_text(encoding="utf-8"))
    return config, job


def test_the_job_is_valid(documents: tuple[dict[str, Any], dict[str, Any]]) -> None:
    jsonschema.Draft202012Validator(RAY_JOB).validate(documents[1])


@pytest.mark.parametrize("wrong", ["entrypont", "workerGroups"])
def test_the_schema_refuses_a_field_that_there_is_not(
    documents: tuple[dict[str, Any], dict[str, Any]], wrong: str
) -> None:
    changed = {**documents[1], "spec": {**documents[1]["spec"], wrong: "x"}}
    assert not jsonschema.Draft202012Validator(RAY_JOB).is_valid(changed)


def test_every_mount_has_its_volume(documents: tuple[dict[str, Any], dict[str, Any]]) -> None:
    cluster = documents[1]["spec"]["rayClusterSpec"]
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        pod = group["template"]["spec"]
        volumes = {volume["name"] for volume in pod["volumes"]}
        assert {mount["name"] for mount in pod["containers"][0]["volumeMounts"]} == volumes


def test_jettison_takes_its_fleet_and_its_command(
    documents: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    config, job = documents
    assert len(parse_fleet(config["data"]["fleet.toml"], "fleet.toml").members) == 2
    program, group, verb, *arguments = shlex.split(job["spec"]["entrypoint"])
    assert (program, group, verb) == ("jettison", "fleet", "build")
    build_command.make_parser(build_command.context_class(build_command)).parse_args(arguments)


def test_workers_have_as_many_places_as_processors(
    documents: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    (group,) = documents[1]["spec"]["rayClusterSpec"]["workerGroupSpecs"]
    parameters = group["rayStartParams"]
    # KubeRay hands the text to a shell, so that it is quoted twice
    assert json.loads(json.loads(parameters["resources"])) == {
        RESOURCE: int(parameters["num-cpus"])
    }
