"""The Kubernetes manifests say what docker-compose.yml says, in words that the API knows."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house.compose_file import FILE, ours, read, seconds
from tests.house.kubernetes_schema import faults

FOLDER = Path(__file__).parents[2] / "docs" / "kubernetes"
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
MANIFESTS: list[dict[str, Any]] = [
    manifest
    for name in KUSTOMIZATION["resources"]
    for manifest in yaml.safe_load_all((FOLDER / name).read_text())
]
COMPOSE = read(FILE.read_text())
# The certificates of a cluster are made beside it and given as secrets: docs/deployment.md says how.
SERVICES = {name: one for name, one in COMPOSE["services"].items() if name != "authority"}
OURS = {name: one for name, one in ours(COMPOSE).items() if name != "authority"}
WORKLOADS = {one["metadata"]["name"]: one for one in MANIFESTS if "template" in one.get("spec", {})}
SETTINGS = next(one["data"] for one in MANIFESTS if one["kind"] == "ConfigMap")
PASSFILE = "passfile=/run/secrets/pgpass&"
UNITS = {"m": "Mi", "g": "Gi"}
SECRET_VARIABLES = {"AWS_SECRET_ACCESS_KEY": "s3_secret", "PGPASSWORD": "database_password"}


def pod(name):
    return WORKLOADS[name]["spec"]["template"]["spec"]


def container(name):
    (only,) = pod(name)["containers"]
    return only


def plain(words):
    """As the engine hands them on: a doubled dollar sign is one."""
    return words and [word.replace("$$", "$") for word in words]


def size(told):
    return told[:-1] + UNITS[told[-1]]


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda one: f"{one['kind']} {one['metadata']['name']}")
def test_the_api_knows_every_field(manifest):
    assert faults(manifest) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("spec", "replica"), 2),
        (("spec", "replicas"), "two"),
        (("spec", "template", "spec", "container"), []),
        (("spec", "template", "spec", "containers"), None),
        (("spec", "selector"), None),
        (("apiVersion",), "apps/v1beta1"),
    ],
)
def test_a_manifest_that_the_api_would_refuse_is_refused(place, value):
    wrong = copy.deepcopy(WORKLOADS["api"])
    inside = wrong
    for name in place[:-1]:
        inside = inside[name]
    inside[place[-1]] = value
    assert faults(wrong)


def test_there_is_one_workload_a_service():
    assert set(WORKLOADS) == set(SERVICES)
    assert WORKLOADS["migrate"]["kind"] == "Job"


@pytest.mark.parametrize("name", OURS)
def test_a_part_is_told_the_same(name):
    given = {one["name"]: one for one in container(name)["env"]}
    assert container(name)["envFrom"] == [{"configMapRef": {"name": "rounds-settings"}}]
    told = SETTINGS | {key: one["value"] for key, one in given.items() if "value" in one}
    wanted = {key: str(value or "") for key, value in OURS[name]["environment"].items()}
    wanted["ROUNDS_DATABASE_URL"] = wanted["ROUNDS_DATABASE_URL"].replace(PASSFILE, "")
    assert {key: value for key, value in wanted.items() if value and key not in SECRET_VARIABLES} == {
        key: value for key, value in told.items() if value
    }
    for variable, key in SECRET_VARIABLES.items():
        assert given[variable]["valueFrom"]["secretKeyRef"] == {"name": "rounds-secrets", "key": key}


@pytest.mark.parametrize("name", SERVICES)
def test_limits_grace_and_probes_are_the_same(name):
    service, here = SERVICES[name], container(name)
    assert here["resources"]["limits"]["memory"] == size(service["mem_limit"])
    assert pod(name)["terminationGracePeriodSeconds"] == seconds(service["stop_grace_period"])
    if "healthcheck" in service:
        assert here["livenessProbe"]["exec"]["command"] == service["healthcheck"]["test"][1:]
        assert here["livenessProbe"]["failureThreshold"] == service["healthcheck"]["retries"]
    if "shm_size" in service:
        shm = next(one for one in pod(name)["volumes"] if one["name"] == "shm")
        assert shm["emptyDir"]["sizeLimit"] == size(service["shm_size"])
    for name_here, name_there in (("command", "entrypoint"), ("args", "command")):
        assert here.get(name_here) == plain(service.get(name_there))


@pytest.mark.parametrize("name", OURS)
def test_a_part_can_do_little_harm(name):
    assert pod(name)["securityContext"]["runAsNonRoot"] is True
    assert pod(name)["automountServiceAccountToken"] is False
    for one in (*pod(name)["containers"], *pod(name)["initContainers"]):
        safe = one["securityContext"]
        assert safe["readOnlyRootFilesystem"] and not safe["allowPrivilegeEscalation"]
        assert safe["capabilities"] == {"drop": ["ALL"]}
        assert one["image"] == f"rounds-{name}"


def test_only_training_holds_a_gpu():
    holders = {name for name in WORKLOADS if "nvidia.com/gpu" in container(name)["resources"]["limits"]}
    assert holders == {"worker-train"}


def test_only_who_is_in_front_reaches_outside():
    labels = {name: one["spec"]["template"]["metadata"]["labels"] for name, one in WORKLOADS.items()}
    outside = {name for name, label in labels.items() if label.get("reaches") == "outside"}
    assert outside == {name for name, service in SERVICES.items() if "front" in service["networks"]}
    policies = {one["metadata"]["name"]: one["spec"] for one in MANIFESTS if one["kind"] == "NetworkPolicy"}
    assert policies["rounds-front"]["podSelector"]["matchLabels"] == {"app": "rounds", "reaches": "outside"}
    assert all(label["app"] == "rounds" for label in labels.values())


def test_every_address_leads_to_a_service_with_that_port():
    ports = {
        one["metadata"]["name"]: {port["port"] for port in one["spec"]["ports"]}
        for one in MANIFESTS
        if one["kind"] == "Service"
    }
    for name, service in SERVICES.items():
        for published in service.get("ports", []):
            assert int(published.rpartition(":")[2]) in ports[name]
    assert 8003 in ports["model-server"] and ports["postgres"] == {5432} and ports["redis"] == {6379}
    for name in ports:
        selector = next(
            one["spec"]["selector"]
            for one in MANIFESTS
            if one["kind"] == "Service" and one["metadata"]["name"] == name
        )
        assert selector == {"app": "rounds", "part": name}


def test_volumes_and_secrets_that_are_mounted_are_there():
    claims = {one["metadata"]["name"] for one in MANIFESTS if one["kind"] == "PersistentVolumeClaim"}
    for name, workload in WORKLOADS.items():
        templates = workload["spec"].get("volumeClaimTemplates", [])
        named = {one["name"]: one for one in pod(name).get("volumes", [])}
        known = set(named) | {one["metadata"]["name"] for one in templates}
        for one in (*pod(name)["containers"], *pod(name).get("initContainers", [])):
            assert {mount["name"] for mount in one.get("volumeMounts", [])} <= known, name
        for volume in named.values():
            assert volume.get("persistentVolumeClaim", {"claimName": "rounds-home"})["claimName"] in claims
            secret = volume.get("secret", {"secretName": "rounds-secrets"})["secretName"]
            assert secret in {"rounds-secrets", f"rounds-{tls_of(name)}"}, name


@pytest.mark.parametrize("name", SERVICES)
def test_a_part_holds_the_certificate_that_it_holds_in_compose(name):
    (mount,) = (one for one in container(name)["volumeMounts"] if one["mountPath"] == "/tls")
    (volume,) = (one for one in pod(name)["volumes"] if one["name"] == mount["name"])
    assert mount["readOnly"] and volume["secret"]["secretName"] == f"rounds-{tls_of(name)}"


def tls_of(name):
    (entry,) = (one for one in SERVICES[name]["volumes"] if one.endswith(":/tls:ro"))
    return entry.partition(":")[0]


def test_every_image_of_ours_is_named_once():
    assert {one["name"] for one in KUSTOMIZATION["images"]} == {f"rounds-{name}" for name in OURS}
