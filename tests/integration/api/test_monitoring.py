"""The dashboard and the rules for Prometheus name nothing that is not exported."""

import json
import re
import time
from pathlib import Path

import pytest
import yaml

from api_service.auth import Role
from shared.registry import parts
from shared.registry.parts import Identity

FOLDER = Path(__file__).parents[3] / "docs" / "monitoring"
_NAME = re.compile(r"\brounds_[a-z_]+")


@pytest.fixture
def exported(site) -> str:
    figures = {"host_cpu_share": 0.25, "host_disk_free_share": 0.5, "host_clock_seconds": time.time()}
    gpus = {"gpu-0": {"gpu_busy_share": 0.75, "gpu_temperature_celsius": 61.0}}
    with site.sessions.begin() as session:
        parts.say(session, Identity("worker-train", host="basement"), {"host": figures, "gpus": gpus})
        told = {"broker": "up", "queues": {"collect": 3}, "pushed": 7, "given_up": 1, "rung_again": 2}
        parts.say(session, Identity("relay", host="basement"), told)
    return site.get("//metrics", Role.SERVICE).text


def names(expressions) -> set[str]:
    return {name for one in expressions for name in _NAME.findall(one)}


def known(exported: str) -> set[str]:
    return {line.split()[2] for line in exported.splitlines() if line.startswith("# TYPE ")}


def test_the_rules_name_what_is_exported_and_say_what_to_do(exported):
    [group] = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    assert len({rule["alert"] for rule in group["rules"]}) == len(group["rules"]) >= 12
    for rule in group["rules"]:
        assert names([rule["expr"]]) and names([rule["expr"]]) <= known(exported), rule["alert"]
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert {"summary", "fix"} == rule["annotations"].keys()


def test_the_dashboard_shows_every_figure_that_is_exported_and_no_other(exported):
    panels = json.loads((FOLDER / "grafana.json").read_text())["panels"]
    asked = names(target["expr"] for panel in panels for target in panel.get("targets", []))
    assert asked == known(exported)
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_machines_broker_and_relay_are_exported(exported):
    for line in (
        'rounds_host_cpu_share{host="basement"} 0.25',
        'rounds_gpu_busy_share{gpu="gpu-0",host="basement"} 0.75',
        'rounds_queue_messages{queue="collect"} 3.0',
        "rounds_broker_up 1.0",
        "rounds_relay_pushed_total 7.0",
        'rounds_waiting{what="failed_deliveries"} 0.0',
    ):
        assert line in exported
