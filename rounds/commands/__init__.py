"""The commands of `rounds`, a file a group; what is heavy is imported when a command runs."""

import importlib
import importlib.util

import typer

GROUPS = (
    *(f"rounds.commands.{name}" for name in ("stack", "setup", "keys", "schedule", "collection", "trust")),
    *(f"rounds.commands.{name}" for name in ("deidentify", "training", "jobs", "evaluate", "models")),
    "rounds.commands.alerts",
    "rounds.commands.reproduce",
    "rounds.commands.advisories",
    "rounds.commands.authority",
    "rounds.commands.backup",
    "rounds.commands.client",
    "rounds.commands.evidence",
    "rounds.commands.listen",
    "rounds.commands.plan",
    "rounds.commands.policy",
    "rounds.commands.replay",
    "rounds.commands.rollout",
    "rounds.commands.simulate",
    "rounds.commands.verify",
    "rounds.demo",
)


def register_all(app: typer.Typer) -> None:
    """Add every group: its module has `register(app)`."""
    for group in GROUPS:
        if importlib.util.find_spec(group) is not None:
            importlib.import_module(group).register(app)
