"""`rounds dataset|types|withdraw`: what is learnt from, and for which question."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rounds.commands import cards, withdrawals
from rounds.commands.exports import export
from rounds.show import AsJson, show_record, show_rows
from rounds.site import Site, site

if TYPE_CHECKING:
    from shared.registry.tables import DatasetVersion

dataset = typer.Typer(no_args_is_help=True)
dataset.command("export")(export)
dataset.command("card")(cards.of_dataset)
types = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(dataset, name="dataset", help="Sealed datasets.")
    app.add_typer(types, name="types", help="Model types: the questions of the site.")
    withdrawals.register(app)


def check_parts(here: Site, names: Sequence[str]) -> None:
    """Refuse to wait for work that nobody will do."""
    from shared.errors import PartDownError
    from shared.registry import health

    with here.sessions() as session:
        seen = health.parts(session)
    for name in names:
        if name not in seen or not seen[name].alive:
            raise PartDownError(f"{name} is not running", fix="start the stack with `rounds up`")


@dataset.command("seal")
def seal(
    *,
    model_type: Annotated[str, typer.Option(help="What is to be learnt.")] = "diagnosis",
    as_json: AsJson = False,
) -> None:
    """Seal the validated cases as an immutable version; unchanged cases give the version that stands."""
    from shared.registry.tables import DatasetVersion
    from worker_collection import dataset as stage
    from worker_collection.deps import make_deps

    here = site()
    version_id = stage.seal(model_type, make_deps(here.settings), actor=here.actor)
    with here.sessions() as session:
        version = session.get_one(DatasetVersion, version_id)
        parent = session.get(DatasetVersion, version.parent_id) if version.parent_id else None
    show_record(_version(version) | {"parent": parent.name if parent else None}, as_json=as_json)


@dataset.command("list")
def list_versions(
    *,
    model_type: Annotated[str | None, typer.Option(help="Of one model type only.")] = None,
    as_json: AsJson = False,
) -> None:
    """List sealed versions, newest first."""
    from shared.registry import datasets

    with site().sessions() as session:
        rows = [
            _version(one) | {"sealed_at": one.sealed_at, "sealed_by": one.sealed_by}
            for one in datasets.page(session, model_type)
        ]
    show_rows(rows, as_json=as_json, none="no dataset: `rounds dataset seal`")


@dataset.command("diff")
def diff(
    before: str,
    after: str,
    *,
    form: Annotated[str, typer.Option("--format", help="text, json or html.")] = "text",
    out: Annotated[Path | None, typer.Option(help="A file to write it to; it must not exist.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what came, went, was relabelled and shifted between two versions, and whether anybody leaked."""
    from rounds.show import show_json
    from shared.domain import diff as told
    from shared.errors import InvalidInputError
    from shared.exports.files import whole
    from shared.registry import datasets, diffs

    if form not in ("text", "json", "html"):
        raise InvalidInputError(f"{form} is no form of a diff", field="format", fix="use text, json or html")
    with site().sessions() as session:
        found = diffs.diff(session, datasets.named(session, before), datasets.named(session, after))
    if out is None and (as_json or form == "json"):
        show_json(found)
        return
    written = told.as_page(found) if form == "html" else told.as_text(found)
    if out is None:
        sys.stdout.write(written)
        return
    with whole(out) as file:
        file.write((json.dumps(found) + "\n" if form == "json" else written).encode())
    show_record({"before": before, "after": after, "file": str(out)}, as_json=as_json)


@types.command("add")
def add_type(
    name: str,
    *,
    family: Annotated[str, typer.Option(help="text_classifier, causal_lm or segmentation.")],
    base: Annotated[str | None, typer.Option(help="Base model; else the family's default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a model type."""
    from shared.registry import labels

    here = site()
    with here.sessions.begin() as session:
        row = labels.add_type(session, name, family=family, base=base, now=here.now, actor=here.actor)
        show_record({"model_type": row.name, "family": row.family, "base": row.base}, as_json=as_json)


@types.command("mark")
def mark_label(
    name: str,
    label: str,
    *,
    must_not_miss: Annotated[
        bool, typer.Option("--must-not-miss/--routine", help="Whether a miss is dangerous.")
    ],
    as_json: AsJson = False,
) -> None:
    """Say whether missing one label is dangerous: releases then ask for evidence on its cases."""
    from shared.registry import labels

    here = site()
    with here.sessions.begin() as session:
        labels.mark(session, name, label, must_not_miss=must_not_miss, now=here.now, actor=here.actor)
    shown = {"model_type": name, "label": label, "must_not_miss": must_not_miss}
    show_record(shown, as_json=as_json)


@types.command("list")
def list_types(as_json: AsJson = False) -> None:
    """List the model types with the size of their label space."""
    from shared.registry import labels

    with site().sessions() as session:
        rows = [
            {"model_type": kind.name, "family": kind.family, "base": kind.base, "labels": size}
            for kind, size in labels.types(session)
        ]
    show_rows(rows, as_json=as_json)


def _version(version: "DatasetVersion") -> dict[str, Any]:
    counts = version.counts
    return {
        "dataset_version": version.name,
        "sha256": version.sha256,
        "counts": {"train": counts["training"], "evaluation": counts["evaluation"]},
        "labels": len(counts["labels"]),
    }
