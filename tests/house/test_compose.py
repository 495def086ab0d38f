"""The compose file is right, without an engine; and each of twenty faults in it is seen."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.compose_file import CHECKS, FILE, GIVEN, Document, read

# Each fault: what is wrong, the text that is replaced, what stands there then.
FAULTS = (
    (
        "a volume nobody defines",
        '["home:/var/lib/rounds", "tls-rounds',
        '["hom:/var/lib/rounds", "tls-rounds',
    ),
    ("a network nobody defines", "networks: [inside, front]", "networks: [inside, outside]"),
    ("a secret nobody defines", "secrets: [site_secret, pgpass]", "secrets: [site_secret, pgpas]"),
    ("a secret nobody reads", "  pgpass:\n", "  pgpasses:\n    file: ./secrets/x\n  pgpass:\n"),
    ("waiting for a service that is not there", "  redis: {condition", "  rediss: {condition"),
    ("waiting for a one-shot to be healthy", "service_completed_successfully", "service_healthy"),
    ("a duration that is none", "stop_grace_period: 90s", "stop_grace_period: ninety"),
    ("no time for a checkpoint", "stop_grace_period: 45s", "stop_grace_period: 20s"),
    ("a queue that nobody consumes", "  worker-collect:\n", "  collector:\n"),
    ("a setting that is none", "ROUNDS_LOG_LEVEL:", "ROUNDS_LOGLEVEL:"),
    ("a setting with a wrong value", "ROUNDS_LOG_LEVEL:-INFO", "ROUNDS_LOG_LEVEL:-LOUD"),
    ("a password in an address", "rediss://redis:6379/0", "rediss://:secret@redis:6379/0"),
    ("a broker in clear", "rediss://redis:6379/0?", "redis://redis:6379/0?"),
    ("a broker that anybody may be", "ssl_cert_reqs=required", "ssl_cert_reqs=none"),
    ("a broker with a second door", '--port, "0"', '--port, "6378"'),
    ("a broker that takes anybody", '--tls-auth-clients, "yes"', '--tls-auth-clients, "no"'),
    ("a database that anybody may be", "sslmode=verify-full", "sslmode=require"),
    ("a database that answers in clear", "'hostssl all", "'host all"),
    ("a store in clear", "https://objects:8333", "http://objects:8333"),
    ("the authority's key in a server's hands", '"tls-postgres:/tls:ro"', '"authority:/tls:ro"'),
    ("a database that is elsewhere", "rounds@postgres:5432", "rounds@database:5432"),
    ("a broker that evicts", "noeviction", "allkeys-lru"),
    ("a GPU for the model server", "    mem_limit: 4g\n    depends_on", None),
    ("a service that may write everywhere", "  read_only: true\n", "  read_only: false\n"),
    ("a door that is open to the world", "127.0.0.1:${API_PORT", "0.0.0.0:${API_PORT"),
    (
        "the broker published",
        "    command: [valkey,",
        '    ports: ["6379:6379"]\n    command: [valkey,',
    ),
    ("an image of today", "postgres:18-bookworm", "postgres:latest"),
    ("a way out from inside", "    internal: true\n", "    internal: false\n"),
    ("a health check that asks for another", '"rounds.alive", "beat"', '"rounds.alive", "relay"'),
    ("a cut-off host that keeps its locks", "tcp_keepalives_idle=10", "tcp_keepalives_idle=7200"),
    ("a stage that is not there", "target: relay", "target: relays"),
)
GPU = (
    "    deploy: {resources: {reservations: {devices: [{driver: nvidia, count: 1, capabilities: [gpu]}]}}}\n"
)


def faulty(before: str, after: str | None) -> str:
    """The shipped file with one fault in it."""
    text = FILE.read_text()
    assert before in text
    if after is None:
        name = "      ROUNDS_TLS_CERTIFICATE: /tls/both.pem\n"
        return text.replace(name, name + GPU)
    return text.replace(before, after)


def found_in(document: Document) -> list[str]:
    """The checks that a document fails; one that a fault makes stumble has seen it too."""
    seen = []
    for check in CHECKS:
        try:
            check(document)
        except (AssertionError, KeyError, TypeError, AttributeError) as error:
            seen.append(f"{check.__name__}: {type(error).__name__} {error}")
    return seen


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_shipped_file_passes(check):
    check(read(FILE.read_text()))


def test_there_are_twenty_faults_and_more():
    assert len({(before, after) for _, before, after in FAULTS}) >= 20


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault[0])
def test_a_fault_is_seen(fault):
    _, before, after = fault
    assert found_in(read(faulty(before, after)))


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="no docker-compose here")
def test_docker_compose_accepts_it(tmp_path: Path) -> None:
    checked = tmp_path / "docker-compose.yml"
    checked.write_text(FILE.read_text())
    subprocess.run(
        ["docker-compose", "-f", str(checked), "config", "-q"],
        check=True,
        env=GIVEN | {"PATH": "/usr/bin:/bin"},
    )
