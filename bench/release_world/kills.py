"""The engine's process killed at every message of a challenge, before its answer was acknowledged."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from bench.release_world.clinic import Clinic
from bench.release_world.play import config
from bench.release_world.scenario import Scenario
from deployer_service.decide import Run, answer_line

_HARD = {"doubled": 0.2, "reordered": 0.3, "corrected": 0.1, "repeats": 0.3, "adopted": 0.5, "look_days": 0.5}
_QUICK = {"budget": 60, "reading_days": 0.2, "label_days": 0.5}
KILLED = (
    Scenario("better, then faulty", effect=0.09, fault=0.18, days=25, **_QUICK, **_HARD),  # type: ignore[arg-type]
    Scenario("worse", effect=-0.08, days=8, **_HARD),  # type: ignore[arg-type]
    Scenario("without shadow", effect=-0.6, discordant=0.6, days=12, shadow=False, **_QUICK, **_HARD),  # type: ignore[arg-type]
)
Message = dict[str, Any]


def undisturbed(scenario: Scenario, seed: int) -> tuple[list[Message], list[str]]:
    """The start, every message of an undisturbed run, and the answers to them."""
    start = {"type": "start", "run": str(seed), "config": config(scenario), "columns": None, "state": None}
    clinic, run = Clinic(scenario, seed), Run(start)
    messages, lines = [start], [answer_line(run.begin())]
    for look in range(1, round(scenario.days / scenario.look_days) + 1):
        now = look * scenario.look_days
        rows = clinic.cases(now, json.loads(lines[-1])["fraction"])
        messages.append({"type": "events", "now": now, "predictions": rows, "labels": clinic.labels(now)})
        answer = run.feed(messages[-1])
        lines.append(answer_line(answer))
        clinic.read(answer["adjudicate"], now)
        if answer["action"] == "promote":
            clinic.break_now(now)
    return messages, lines


def killed_at_every_message(messages: Sequence[Message]) -> Iterator[str]:
    """The answers of processes each of which dies once before its answer is acknowledged."""
    state = None
    for message in messages[1:]:
        start = messages[0] | {"state": state}
        _answer_and_die(start, message)
        answer = _answer_and_die(start, message)
        state = json.loads(answer)["state"]
        yield answer


def _answer_and_die(start: Message, message: Message) -> str:
    command = [sys.executable, "-m", "deployer_service.decide", "--stdio"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(start) + "\n" + json.dumps(message) + "\n")
        process.stdin.flush()
        process.stdout.readline()
        answer = process.stdout.readline().rstrip("\n")
        process.kill()
    return answer
