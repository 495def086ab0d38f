"""The commands of `rounds`, a file a group; what is heavy is imported when a command runs."""

import importlib
import importlib.util

import typer

GROUPS = (
    "stack", "setup", "keys", "schedule", "jobs", "training", "models", "alerts", "collection", "evaluate",
)  # fmt: skip


def register_all(app: typer.Typer) -> None:
    """Add every group: its module has `register(app)`."""
    for group in GROUPS:
        module = f"rounds.commands.{group}"
        if importlib.util.find_spec(module) is not None:
            importlib.import_module(module).register(app)
