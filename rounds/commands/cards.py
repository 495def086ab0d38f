"""`rounds models card` and `rounds dataset card`: the card of a version, to read or as data."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from rounds.show import AsJson, show_json
from rounds.site import site


def card(
    model_version: str,
    *,
    out: Annotated[Path | None, typer.Option(help="A Markdown file to write; else standard output.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a version's card: its data, figures with n and intervals, limits, gate and origin."""
    from shared.domain.card import to_markdown
    from shared.registry import cards, models

    with site().sessions() as session:
        found = cards.card(session, models.by_name(session, model_version))
    _write(found, to_markdown(found), out=out, as_json=as_json)


def of_dataset(
    version: str,
    *,
    out: Annotated[Path | None, typer.Option(help="A Markdown file to write; else standard output.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the card of a sealed version: its cases by label, limits, origin and models."""
    from shared.domain.dataset_card import to_markdown
    from shared.registry import cards, datasets

    with site().sessions() as session:
        found = cards.of_dataset(session, datasets.named(session, version))
    _write(found, to_markdown(found), out=out, as_json=as_json)


def _write(found: Mapping[str, object], page: str, *, out: Path | None, as_json: bool) -> None:
    if out is not None:
        out.write_text(page)
    if as_json:
        show_json(found)
    elif out is None:
        typer.echo(page, nl=False)
