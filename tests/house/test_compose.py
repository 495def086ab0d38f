"""The compose file is right, without an engine: a parser of the specification and our own cross-check."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from shared.broker.names import Queue
from shared.broker.worker import KINDS
from shared.config import Settings

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
GIVEN = {"S3_SECRET": "x" * 20}
_VARIABLE = re.compile(r"\$\{(\w+)(?:(:?[-?])([^}]*))?\}")


def interpolated(text: str) -> str:
    """Variables as an engine fills them; one that must be named and is not is an error."""

    def value(match: re.Match[str]) -> str:
        name, operator, rest = match.groups()
        if name in GIVEN:
            return GIVEN[name]
        assert operator is not None, f"{name} has neither a default nor a demand"
        assert "?" not in operator, f"{name} must be named: {rest}"
        return rest

    return _VARIABLE.sub(value, text)


def compose() -> dict[str, Any]:
    return yaml.safe_load(interpolated(FILE.read_text()))


SERVICES: dict[str, Any] = compose()["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}


def seconds(duration: str) -> int:
    assert duration.endswith("s")
    return int(duration[:-1])


def test_the_specification_accepts_it() -> None:
    document = {name: part for name, part in compose().items() if not name.startswith("x-")}
    parsed = PyCompose.from_yaml(yaml.safe_dump(document))
    parsed.validate()
    assert set(parsed.service_names()) == set(SERVICES)


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="no docker-compose here")
def test_docker_compose_accepts_it(tmp_path: Path) -> None:
    checked = tmp_path / "docker-compose.yml"
    checked.write_text(FILE.read_text())
    subprocess.run(
        ["docker-compose", "-f", str(checked), "config", "-q"],
        check=True,
        env=GIVEN | {"PATH": "/usr/bin:/bin"},
    )


def test_what_a_service_names_is_defined() -> None:
    document = compose()
    for name, service in SERVICES.items():
        named = [entry.split(":")[0] for entry in service.get("volumes", [])]
        assert set(named) <= set(document["volumes"]), name
        assert set(service.get("networks", [])) <= set(document["networks"]), name
        assert set(service.get("secrets", [])) <= set(document["secrets"]), name
        assert set(service.get("depends_on", {})) <= set(SERVICES), name


def test_a_service_waits_only_for_what_can_be_seen_to_be_ready() -> None:
    for name, service in SERVICES.items():
        for other, wait in service.get("depends_on", {}).items():
            one_shot = SERVICES[other].get("restart") == "no"
            wanted = "service_completed_successfully" if one_shot else "service_healthy"
            assert wait["condition"] == wanted, f"{name} waits for {other}"
            assert one_shot or "healthcheck" in SERVICES[other], other


def test_every_service_of_ours_has_a_stage_whose_modules_exist() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    stages = re.findall(r"^FROM \S+ AS (\S+)$", dockerfile, re.MULTILINE)
    for name, service in OURS.items():
        assert service["build"]["target"] == name
        assert name in stages
        stage = dockerfile.split(f" AS {name}\n")[1].split("\nFROM ")[0]
        module = re.search(r'"-m", "([\w.]+)"', stage)
        assert module is not None, name
        assert (ROOT / (module[1].replace(".", "/") + ".py")).is_file(), module[1]
        assert "USER 10001:10001" in dockerfile


def test_every_queue_is_consumed() -> None:
    kinds = [name.removeprefix("worker-") for name in OURS if name.startswith("worker-")]
    consumed = {queue for kind in kinds for queue in KINDS[kind].queues}
    assert consumed == set(Queue)


def test_every_setting_is_one() -> None:
    known = {f"ROUNDS_{name.upper()}" for name in Settings.model_fields}
    for name, service in OURS.items():
        settings = {
            key: str(value) for key, value in service["environment"].items() if key.startswith("ROUNDS_")
        }
        assert set(settings) <= known, name
        Settings(**{key.removeprefix("ROUNDS_").lower(): value for key, value in settings.items()})


def test_secrets_stand_in_no_address() -> None:
    for name, service in OURS.items():
        assert "@" not in service["environment"]["ROUNDS_BROKER_URL"], name
        assert "rounds@" in service["environment"]["ROUNDS_DATABASE_URL"], "no password before the @"


def test_only_training_holds_a_gpu() -> None:
    holders = {name for name, service in SERVICES.items() if "devices" in str(service.get("deploy"))}
    assert holders == {"worker-train"}


def test_a_service_of_ours_can_do_little_harm() -> None:
    for name, service in OURS.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service["mem_limit"], name
        assert "healthcheck" in service or service.get("restart") == "no", name


def test_only_the_door_the_stream_and_flower_are_published_and_only_here() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"api", "events", "flower"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_the_broker_never_evicts_and_keeps_a_log() -> None:
    command = SERVICES["redis"]["command"]
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"
    assert command[command.index("--appendonly") + 1] == "yes"


def test_a_worker_has_the_time_to_write_its_checkpoint() -> None:
    from shared.broker.app import app

    for name in (name for name in OURS if name.startswith("worker-")):
        assert seconds(OURS[name]["stop_grace_period"]) > app.conf.worker_soft_shutdown_timeout, name
