"""`rounds source|collect|cases`: from the clinic's rows to cases."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from rounds.commands import datasets
from rounds.show import AsJson, say, show_record, show_rows
from rounds.site import Site, site

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from shared.registry.tables import Source
    from worker_collection.deps import Deps

source = typer.Typer(no_args_is_help=True)
cases = typer.Typer(no_args_is_help=True)
NEEDED = ("relay", "worker-collect")
SUMMED = ("collected", "pending", "quarantined", "duplicates", "unchanged")


def register(app: typer.Typer) -> None:
    """Add the commands of this file and of the datasets that come of it."""
    app.add_typer(source, name="source", help="Where cases come from.")
    app.command("collect")(collect)
    app.add_typer(cases, name="cases", help="Cases: import files, list what stands.")
    datasets.register(app)


def collector() -> "Deps":
    """The collaborators of the collection stages, for this command's site."""
    from worker_collection.deps import make_deps

    return make_deps(site().settings)


@source.command("add")
def add_source(  # noqa: PLR0913 - one parameter an option
    name: str,
    *,
    kind: Annotated[str, typer.Option(help="sql, fhir, dicom, folder or feedback.")],
    url: Annotated[
        str, typer.Option(help="sqlite:////path, postgresql://…, https://…, dicom://…, or a folder.")
    ] = "",
    mapping: Annotated[str | None, typer.Option(help="A shipped mapping, or a TOML file.")] = None,
    model_type: Annotated[
        str | None, typer.Option(help="What the cases are for; else the mapping's.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Register a source after it was reached and found unwritable; its address is kept sealed."""
    from shared.errors import InvalidInputError
    from shared.registry import sources
    from worker_collection.mapping import mapping_text, read_mapping
    from worker_collection.sources.opening import adapter

    here = site()
    text = mapping_text(mapping or {"sql": "clinic", "fhir": "fhir_r4", "dicom": "dicom"}.get(kind))
    rules = read_mapping(text)
    if not url and kind != "feedback":
        raise InvalidInputError("a source needs an address", field="url", fix="--url")
    trial = adapter(kind, url, rules).test()
    with here.sessions.begin() as session:
        row = sources.add(
            session,
            name,
            kind=kind,
            address=url,
            mapping=text,
            model_type=model_type or rules.model_type,
            vault=here.vault,
            now=here.now,
            actor=here.actor,
        )
        show_record(_source(row) | {"rows": trial.rows}, as_json=as_json)


@source.command("test")
def check_source(
    name: str,
    *,
    rows: Annotated[int, typer.Option(min=1, help="How many rows are tried.")] = 1000,
    whole: Annotated[bool, typer.Option("--all", help="Try every row of the source.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a source would give, by trust rule, and what is unknown in it; nothing is stored."""
    from shared.registry import sources
    from worker_collection.trial import try_out

    here, deps = site(), collector()
    with here.sessions() as session:
        row = sources.named(session, name)
    tried = try_out(row, deps, most=None if whole else rows)
    show_record({"source": name, "ok": True, **tried.answer()}, as_json=as_json)


@source.command("list")
def list_sources(as_json: AsJson = False) -> None:
    """List the sources; addresses are not shown."""
    from shared.registry import sources

    with site().sessions() as session:
        rows = [_source(row) for row in sources.every(session)]
    show_rows(rows, as_json=as_json, none="no sources: `rounds source add`")


def collect(
    *,
    name: Annotated[str | None, typer.Option("--source", help="One source; else every enabled one.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until the runs have ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask for a collection now; the stack reads what changed since the last one."""
    from shared.errors import InvalidInputError
    from shared.registry import runs, sources

    here = site()
    with here.sessions.begin() as session:
        wanted = [sources.named(session, name)] if name else sources.pulled(session)
        if not wanted:
            raise InvalidInputError("there is no source to collect", fix="rounds source add")
        made = [runs.create(session, one, now=here.now, triggered_by=here.actor).id for one in wanted]
    if not wait:
        queued = {"run_id": str(made[0]), "run_ids": [str(run_id) for run_id in made], "state": "queued"}
        show_record(queued, as_json=as_json)
        return
    datasets.check_parts(here, NEEDED)
    answers = [_await_run(here, run_id) for run_id in made]
    show_record(_summed(answers), as_json=as_json)
    _refuse_failed(answers)


@cases.command("import")
def import_cases(
    file: Path,
    *,
    mapping: Annotated[str | None, typer.Option(help="A shipped mapping, or a TOML file.")] = None,
    model_type: Annotated[str | None, typer.Option(help="What the cases are for.")] = None,
    curated: Annotated[bool, typer.Option("--curated", help="You vouch for the labels of this set.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import a file of cases (JSON lines, CSV or Parquet), here and now."""
    from rounds.collecting import collect_here

    here, deps = site(), collector()
    with deps.sessions.begin() as session:
        run_id = _import_run(session, file, mapping=mapping, model_type=model_type, curated=curated)
    collect_here(run_id, deps)
    answer = _await_run(here, run_id)
    shown = {"run_id": answer["run_id"], "imported": answer["collected"]}
    shown |= {key: answer[key] for key in ("refused", "review", *SUMMED[1:])}
    show_record(shown, as_json=as_json)
    _refuse_failed([answer])


@cases.command("list")
def list_cases(
    *,
    model_type: Annotated[str | None, typer.Option(help="Of one model type only.")] = None,
    state: Annotated[str | None, typer.Option(help="validated, needs_review, pending, …")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: AsJson = False,
) -> None:
    """List cases, newest first; texts are not shown."""
    from shared.domain.cycle import CaseState
    from shared.errors import InvalidInputError
    from shared.registry import cases as rows

    if state is not None and state not in list(CaseState):
        raise InvalidInputError(f"{state} is no state", field="state", fix=f"one of {', '.join(CaseState)}")
    wanted = CaseState(state) if state else None
    with site().sessions() as session:
        found = rows.page(session, model_type=model_type, state=wanted, limit=limit)
    shown = [
        {
            "case_id": case.id,
            "source_record": case.source_record,
            "version": case.version,
            "state": case.state,
            "diagnosis": case.diagnosis,
            "icd_code": case.icd_code,
            "person": case.person_id,
            "review_reasons": case.review_reasons,
            "quality": case.data_quality_score,
        }
        for case in found
    ]
    show_rows(shown, as_json=as_json, none="no cases")


def _import_run(
    session: "Session", file: Path, *, mapping: str | None, model_type: str | None, curated: bool
) -> UUID:
    """Write the run of one file; its place is sealed, a name may say more than it should."""
    import base64
    import json

    from shared.errors import NotFoundError
    from shared.registry import runs, sources
    from worker_collection.mapping import mapping_text, read_mapping

    if not file.is_file():
        raise NotFoundError(f"there is no file {file}", field="file")
    here, text = site(), mapping_text(mapping)
    rules = read_mapping(text)
    kind = model_type or _kind_in(file, mapping) or rules.model_type
    target = sources.receiving(session, kind, vault=here.vault, now=here.now, form=(rules.name, text))
    place = json.dumps({"file": str(file.absolute())}).encode()
    sealed = base64.b64encode(here.vault.seal(place, runs.PURPOSE)).decode()
    wish = {"sealed": sealed, "curated": curated}
    run = runs.create(session, target, now=here.now, triggered_by=here.actor, wish=wish, ring=False)
    return run.id


def _kind_in(file: Path, mapping: str | None) -> str | None:
    """The model type that a file in the case format names in its first line."""
    import json

    if mapping is not None or file.suffix not in (".jsonl", ".ndjson"):
        return None
    with file.open(encoding="utf-8", errors="replace") as lines:
        try:
            first = json.loads(next(lines, "{}"))
        except ValueError:
            return None
    return first.get("model_type") if isinstance(first, dict) else None


def _await_run(here: Site, run_id: UUID) -> dict[str, Any]:
    from rounds.wait import wait_for
    from shared.domain.cycle import ended
    from shared.registry import runs

    def look() -> tuple[bool, str, float]:
        with here.sessions() as session:
            run = runs.get(session, run_id)
            counts, is_over = run.counts, ended(run.state)
            total, read = counts.get("total"), counts.get("rows", 0)
            share = min(1.0, read / total) if total and not is_over else float(is_over)
            of = f" of {total}" if total else ""
            told = f"{run.state.value}, {read}{of} rows read, {counts.get('collected', 0)} collected"
            return is_over, told, share

    wait_for(f"collection {run_id}", look)
    with here.sessions() as session:
        return runs.answer(runs.get(session, run_id))


def _summed(answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One answer for the runs of several sources."""
    from collections import Counter

    if len(answers) == 1:
        return answers[0]
    whole: dict[str, Any] = {"run_id": answers[0]["run_id"], "run_ids": [one["run_id"] for one in answers]}
    whole |= {name: sum(one[name] for one in answers) for name in SUMMED}
    for name in ("refused", "review"):
        reasons: Counter[str] = Counter()
        for one in answers:
            reasons.update(one[name])
        whole[name] = dict(reasons)
    return whole


def _refuse_failed(answers: Sequence[dict[str, Any]]) -> None:
    for one in answers:
        if one["state"] != "completed":
            say(f"collection {one['run_id']} {one['state']}: {one.get('error', 'see its events')}")
            raise typer.Exit(1)


def _source(row: "Source") -> dict[str, Any]:
    kept = {"source": row.name, "id": row.id, "kind": row.kind, "model_type": row.model_type}
    return kept | {"enabled": row.enabled}
