"""docker-compose.yml as an engine reads it, and every check it must pass; a check raises AssertionError."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from compose_spec import PyCompose

from shared.broker.app import CELERY_SETTINGS
from shared.broker.names import Queue
from shared.broker.worker import KINDS
from shared.config import Settings

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
GIVEN = {"S3_SECRET": "x" * 20}
_VARIABLE = re.compile(r"\$\{(\w+)(?:(:?[-?])([^}]*))?\}")
Document = dict[str, Any]


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


def read(text: str) -> Document:
    """The file with its variables filled in."""
    return yaml.safe_load(interpolated(text))


def ours(document: Document) -> Document:
    """The services that are built from this repository."""
    return {name: service for name, service in document["services"].items() if "build" in service}


def seconds(duration: str) -> int:
    """A duration in whole seconds."""
    assert re.fullmatch(r"\d+s", str(duration)), f"{duration} is no duration in seconds"
    return int(duration[:-1])


def the_specification_accepts_it(document: Document) -> None:
    told = {name: part for name, part in document.items() if not name.startswith("x-")}
    try:
        parsed = PyCompose.from_yaml(yaml.safe_dump(told))
        parsed.validate()
    except Exception as error:  # the parser's own kinds of error
        raise AssertionError(str(error)) from error
    assert set(parsed.service_names()) == set(document["services"])


def what_a_service_names_is_defined(document: Document) -> None:
    services = document["services"]
    for name, service in services.items():
        named = [entry.split(":")[0] for entry in service.get("volumes", [])]
        assert set(named) <= set(document["volumes"]), name
        assert set(service.get("networks", [])) <= set(document["networks"]), name
        assert set(service.get("secrets", [])) <= set(document["secrets"]), name
        assert set(service.get("depends_on", {})) <= set(services), name


def what_is_defined_is_used(document: Document) -> None:
    services = document["services"].values()
    for kind in ("volumes", "networks", "secrets"):
        used = {entry.split(":")[0] for service in services for entry in service.get(kind, [])}
        assert set(document[kind]) == used, kind


def a_service_waits_only_for_what_can_be_seen_to_be_ready(document: Document) -> None:
    services = document["services"]
    for name, service in services.items():
        for other, wait in service.get("depends_on", {}).items():
            one_shot = services[other].get("restart") == "no"
            wanted = "service_completed_successfully" if one_shot else "service_healthy"
            assert wait["condition"] == wanted, f"{name} waits for {other}"
            assert one_shot or "healthcheck" in services[other], other


def nothing_of_ours_starts_before_the_schema_is_there(document: Document) -> None:
    for name, service in ours(document).items():
        assert name in {"authority", "migrate"} or "migrate" in service["depends_on"], name


def every_service_of_ours_has_a_stage_whose_modules_exist(document: Document) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    stages = re.findall(r"^FROM \S+ AS (\S+)$", dockerfile, re.MULTILINE)
    assert "USER 10001:10001" in dockerfile
    for name, service in ours(document).items():
        assert service["build"]["target"] == name
        assert name in stages
        stage = dockerfile.split(f" AS {name}\n")[1].split("\nFROM ")[0]
        module = re.search(r'"-m", "([\w.]+)"', stage)
        assert module is not None, name
        assert (ROOT / (module[1].replace(".", "/") + ".py")).is_file(), module[1]


def a_health_check_asks_for_its_own_service(document: Document) -> None:
    for name, service in ours(document).items():
        test = service.get("healthcheck", {}).get("test", [])
        if "rounds.alive" in test:
            assert test[-1] == name, f"{name} asks for {test[-1]}"
        elif test:
            binds = [str(value) for key, value in service["environment"].items() if key.endswith("_BIND")]
            assert any(bind.rsplit(":", 1)[1] in test[-1] for bind in binds), name


def every_queue_is_consumed(document: Document) -> None:
    kinds = [name.removeprefix("worker-") for name in ours(document) if name.startswith("worker-")]
    consumed = {queue for kind in kinds for queue in KINDS[kind].queues}
    assert consumed == set(Queue)


def every_setting_is_one(document: Document) -> None:
    known = {f"ROUNDS_{name.upper()}" for name in Settings.model_fields}
    for name, service in ours(document).items():
        settings = {
            key: str(value) for key, value in service["environment"].items() if key.startswith("ROUNDS_")
        }
        assert set(settings) <= known, name
        try:
            Settings(**{key.removeprefix("ROUNDS_").lower(): value for key, value in settings.items()})
        except ValueError as error:
            raise AssertionError(str(error)) from error


def every_part_is_told_of_every_server(document: Document) -> None:
    wanted = {"DATABASE_URL", "BROKER_URL", "STORAGE_URL", "SITE_SECRET_FILE"}
    for name, service in ours(document).items():
        assert {f"ROUNDS_{one}" for one in wanted} <= set(service["environment"]), name
        for variable in ("ROUNDS_DATABASE_URL", "ROUNDS_BROKER_URL", "ROUNDS_S3_ENDPOINT"):
            host = re.search(r"//(?:\w+@)?([\w-]+)[:/]", service["environment"][variable])
            assert host and host[1] in document["services"], f"{name}: {variable}"


def secrets_stand_in_no_address(document: Document) -> None:
    for name, service in ours(document).items():
        assert "@" not in service["environment"]["ROUNDS_BROKER_URL"], name
        assert "rounds@" in service["environment"]["ROUNDS_DATABASE_URL"], "no password before the @"


def nothing_inside_travels_in_clear(document: Document) -> None:
    for name, service in ours(document).items():
        told = service["environment"]
        assert told["ROUNDS_BROKER_URL"].startswith("rediss://"), name
        assert "ssl_cert_reqs=required" in told["ROUNDS_BROKER_URL"], name
        assert "sslmode=verify-full&sslrootcert=/tls/ca.pem" in told["ROUNDS_DATABASE_URL"], name
        for variable in ("ROUNDS_S3_ENDPOINT", "ROUNDS_MODEL_SERVER_URL"):
            assert told[variable].startswith("https://"), f"{name}: {variable}"
        assert told["ROUNDS_TLS_AUTHORITY"] == "/tls/ca.pem", name
    services = document["services"]
    assert services["model-server"]["environment"]["ROUNDS_TLS_CERTIFICATE"] == "/tls/both.pem"
    assert {"ssl=on", "hba_file=/run/tls/hba"} <= set(services["postgres"]["command"])
    doors = re.findall(r"'(host\w*) ", services["postgres"]["entrypoint"][-1])
    assert doors == ["hostssl"], "Postgres lets somebody in without TLS"
    broker = services["redis"]["command"]
    for option, value in (("--port", "0"), ("--tls-port", "6379"), ("--tls-auth-clients", "yes")):
        assert broker[broker.index(option) + 1] == value, option


def every_server_has_its_own_certificate(document: Document) -> None:
    services = document["services"]
    made = set(services["authority"]["command"][5:])
    holders = {name: _tls_volume(service) for name, service in services.items() if name != "authority"}
    assert {volume.removeprefix("tls-") for volume in holders.values()} == made
    for name in ("postgres", "redis", "objects", "model-server"):
        assert holders[name] == f"tls-{name}", name
    mounted = {entry.split(":")[0] for entry in services["authority"]["volumes"]}
    assert mounted == {"authority"} | set(holders.values()), "the authority writes what the servers read"
    others = [one for name, one in services.items() if name != "authority"]
    assert not any("authority:" in entry for one in others for entry in one.get("volumes", []))


def _tls_volume(service: Document) -> str:
    (entry,) = [one for one in service["volumes"] if one.endswith(":/tls:ro")]
    return str(entry.split(":")[0])


def only_training_holds_a_gpu(document: Document) -> None:
    services = document["services"].items()
    assert {name for name, one in services if "devices" in str(one.get("deploy"))} == {"worker-train"}


def a_service_of_ours_can_do_little_harm(document: Document) -> None:
    for name, service in ours(document).items():
        assert service.get("read_only") is True, name
        assert service.get("cap_drop") == ["ALL"], name
        assert "no-new-privileges:true" in service.get("security_opt", []), name
        assert not service.get("privileged") and not service.get("cap_add"), name
        assert service.get("mem_limit"), name
        assert "healthcheck" in service or service.get("restart") == "no", name


def only_the_door_the_stream_and_flower_are_published_and_only_here(document: Document) -> None:
    published = {name: one["ports"] for name, one in document["services"].items() if "ports" in one}
    assert set(published) == {"api", "events", "flower"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def the_inside_has_no_way_out(document: Document) -> None:
    assert document["networks"]["inside"]["internal"] is True
    for name, service in document["services"].items():
        assert "inside" in service.get("networks", []), name
        assert "network_mode" not in service, name


def the_broker_never_evicts_and_keeps_a_log(document: Document) -> None:
    command = document["services"]["redis"]["command"]
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"
    assert command[command.index("--appendonly") + 1] == "yes"


def a_client_that_is_gone_is_noticed(document: Document) -> None:
    told = dict(one.split("=") for one in document["services"]["postgres"]["command"] if "=" in one)
    idle, every, times = (int(told[f"tcp_keepalives_{name}"]) for name in ("idle", "interval", "count"))
    assert idle + every * times <= 60


def a_worker_has_the_time_to_write_its_checkpoint(document: Document) -> None:
    for name in (name for name in ours(document) if name.startswith("worker-")):
        grace = seconds(ours(document)[name]["stop_grace_period"])
        assert grace > CELERY_SETTINGS["worker_soft_shutdown_timeout"], name


def images_are_named_by_version(document: Document) -> None:
    for name, service in document["services"].items():
        tag = service.get("image", "x:1").rpartition(":")[2]
        assert re.match(r"\d", tag), f"{name} takes whatever {service.get('image')} is today"


CHECKS: tuple[Callable[[Document], None], ...] = (
    the_specification_accepts_it,
    what_a_service_names_is_defined,
    what_is_defined_is_used,
    a_service_waits_only_for_what_can_be_seen_to_be_ready,
    nothing_of_ours_starts_before_the_schema_is_there,
    every_service_of_ours_has_a_stage_whose_modules_exist,
    a_health_check_asks_for_its_own_service,
    every_queue_is_consumed,
    every_setting_is_one,
    every_part_is_told_of_every_server,
    secrets_stand_in_no_address,
    nothing_inside_travels_in_clear,
    every_server_has_its_own_certificate,
    only_training_holds_a_gpu,
    a_service_of_ours_can_do_little_harm,
    only_the_door_the_stream_and_flower_are_published_and_only_here,
    the_inside_has_no_way_out,
    the_broker_never_evicts_and_keeps_a_log,
    a_client_that_is_gone_is_noticed,
    a_worker_has_the_time_to_write_its_checkpoint,
    images_are_named_by_version,
)
