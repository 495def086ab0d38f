"""`rounds validator|labels`: who may vouch for a label, and which words mean it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rounds.show import AsJson, show_record, show_rows
from rounds.site import Site, site

if TYPE_CHECKING:
    from shared.domain.labels import Entry
    from shared.registry.tables import Validator

validator = typer.Typer(no_args_is_help=True)
labels = typer.Typer(no_args_is_help=True)
Kind = Annotated[str, typer.Option("--model-type", help="Whose label space.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(validator, name="validator", help="Who may validate.")
    app.add_typer(labels, name="labels", help="Which words and codes mean which label.")


@validator.command("add")
def add_validator(  # noqa: PLR0913 - one parameter an option
    name: str,
    *,
    alias: Annotated[list[str] | None, typer.Option(help="An id, e-mail or spelling of the name.")] = None,
    role: Annotated[str, typer.Option()] = "doctor",
    qualified: Annotated[bool, typer.Option(help="Whether the diagnoses may become labels.")] = True,
    active: Annotated[bool, typer.Option(help="Whether the person works here now.")] = True,
    as_json: AsJson = False,
) -> None:
    """Register somebody whose diagnoses may become labels; cases that waited for it are judged again."""
    from shared.registry import validators

    here = site()
    staff = validators.Staff(
        name, (name, *(alias or ())), role.casefold(), qualified=qualified, active=active
    )
    with here.sessions.begin() as session:
        row = validators.add(session, staff, now=here.now, actor=here.actor, vault=here.vault)
        shown = _validator(row)
    show_record(shown | {"freed": _judge_again(here)}, as_json=as_json)


@validator.command("set")
def set_validator(  # noqa: PLR0913 - one parameter an option
    name: str,
    *,
    alias: Annotated[list[str] | None, typer.Option(help="One more id, e-mail or spelling.")] = None,
    role: Annotated[str | None, typer.Option()] = None,
    qualified: Annotated[
        bool | None, typer.Option("--qualified/--not-qualified", help="May the diagnoses become labels?")
    ] = None,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="Does the person work here?")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change who somebody is from now on; what depends on it is judged again."""
    from shared.registry import validators

    here = site()
    wanted = validators.Change(role.casefold() if role else None, qualified, active, tuple(alias or ()))
    with here.sessions.begin() as session:
        row = validators.named(session, name)
        validators.change(session, row, wanted, vault=here.vault, now=here.now, actor=here.actor)
        shown = _validator(row)
    show_record(shown | {"freed": _judge_again(here)}, as_json=as_json)


@validator.command("list")
def list_validators(as_json: AsJson = False) -> None:
    """List who may validate, with how often their signatures or texts gave reason to look again."""
    from shared.registry import reviews, validators

    with site().sessions() as session:
        rows = validators.every(session)
        found = reviews.findings(session, [row.id for row in rows])
        shown = [
            _validator(row)
            | {"findings": [f"{one.kind}: {one.n}" for one in found if one.validator_id == row.id]}
            for row in rows
        ]
    show_rows(shown, as_json=as_json, none="no validators yet: a collection or `rounds validator add`")


@validator.command("agreement")
def show_agreement(*, model_type: Kind = "diagnosis", as_json: AsJson = False) -> None:
    """How well first and second readers agree beyond chance, over all and on each label."""
    from shared.registry import reviews

    with site().sessions() as session:
        overall, each = reviews.agreement_of(session, model_type)
    rows = [{"label": label} | vars(found) for label, found in (("all", overall), *each.items())]
    show_rows(rows, as_json=as_json)


@labels.command("list")
def list_labels(*, model_type: Kind = "diagnosis", as_json: AsJson = False) -> None:
    """List the labels with their codes and other names."""
    from shared.registry import labels as registry

    with site().sessions() as session:
        rows = [
            {
                "label": row.label,
                "codes": row.codes,
                "aliases": row.aliases,
                "must_not_miss": row.must_not_miss,
            }
            for row in registry.rows(session, model_type)
        ]
    show_rows(rows, as_json=as_json, none="no labels yet: they come with the first validated cases")


@labels.command("unmapped")
def list_unmapped(
    *,
    model_type: Kind = "diagnosis",
    limit: Annotated[int, typer.Option(min=1, max=5000)] = 50,
    as_json: AsJson = False,
) -> None:
    """List the words that no label has, those over most waiting cases first."""
    from shared.registry import labels as registry

    here = site()
    with here.sessions() as session:
        found = registry.unmapped(session, model_type, vault=here.vault, limit=limit)
    rows = [{"words": one.words or "[held back]", "cases": one.n, "code": one.code} for one in found]
    show_rows(rows, as_json=as_json, none="every diagnosis has a label")


@labels.command("map")
def map_words(  # noqa: PLR0913 - one parameter an option
    words: str,
    label: str,
    *,
    model_type: Kind = "diagnosis",
    language: Annotated[str | None, typer.Option(help="Of the words, such as de.")] = None,
    code: Annotated[str | None, typer.Option(help="ICD-10 or SNOMED code that means the label, too.")] = None,
    create: Annotated[bool, typer.Option("--create", help="Make the label where there is none.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let words mean a label from now on; waiting cases that are called so are judged again."""
    from shared.domain.labels import Entry
    from shared.registry import labels as registry
    from shared.registry.labels import Meaning

    here = site()
    make = _shipped(label) or (Entry(label) if create else None)
    with here.sessions.begin() as session:
        n = registry.learn(
            session,
            model_type,
            Meaning(words, label, language, code),
            vault=here.vault,
            now=here.now,
            actor=here.actor,
            make=make,
        )
    shown = {"words": words, "label": label, "judged_again": n}
    show_record(shown | {"freed": _judge_again(here)}, as_json=as_json)


def _judge_again(here: Site) -> int:
    """How many waiting cases nothing holds any more."""
    from worker_collection import rejudge
    from worker_collection.deps import make_deps

    return rejudge.waiting(make_deps(here.settings), by=here.actor)


def _shipped(label: str) -> "Entry | None":
    """The shipped disease of that very name: a label that a site may use without having met it."""
    from worker_collection.wording import lexicon

    return next((entry for entry in lexicon() if entry.label == label), None)


def _validator(row: "Validator") -> dict[str, Any]:
    kept = {"validator": row.name, "role": row.role, "qualified": row.qualified, "active": row.active}
    return kept | {"aliases": row.aliases}
