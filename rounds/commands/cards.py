"""`rounds models card` and `rounds dataset card`: the card of a version, to read or as data."""

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
    if out is not None:
        out.write_text(to_markdown(found))
    if as_json:
        show_json(found)
    elif out is None:
        typer.echo(to_markdown(found), nl=False)


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
    if out is not None:
        out.write_text(to_markdown(found))
    if as_json:
        show_json(found)
    elif out is None:
        typer.echo(to_markdown(found), nl=False)
