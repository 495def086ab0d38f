"""`rounds deidentify`: notes line by line, or a folder of them; what fails gives no text."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rounds.commands.collection import cases, collector
from rounds.show import AsJson, say, show_record, show_rows
from rounds.site import site

if TYPE_CHECKING:
    from uuid import UUID

    from shared.domain.deid import DeidPolicy
    from worker_collection.quarantine import Marked

PLAIN_EVERY = 100


def register(app: typer.Typer) -> None:
    """Add the command, and what a person does about cases that were held back."""
    app.command("deidentify")(deidentify)
    cases.command("held")(list_held)
    cases.command("answer")(answer_held)


def deidentify(  # noqa: PLR0913 - one parameter an option
    *,
    source: Annotated[
        Path | None, typer.Option("--in", help="A folder of .txt, .jsonl, .csv and DICOM.")
    ] = None,
    target: Annotated[
        Path | None, typer.Option("--out", help="Where its texts go, under fresh names.")
    ] = None,
    policy: Annotated[str, typer.Option(help="safe_harbor, or a TOML file of the policy.")] = "safe_harbor",
    surrogates: Annotated[bool, typer.Option("--surrogates", help="Invented values, no labels.")] = False,
    recheck: Annotated[
        bool, typer.Option("--recheck", help="Look again at cases of an older engine.")
    ] = False,
    rules_only: Annotated[bool, typer.Option("--rules-only", help="Faster, without the tagger.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read JSON lines {"id","text"[,"known"]} and answer each at once, or de-identify a folder."""
    from shared.errors import InvalidInputError

    if recheck:
        _recheck(as_json=as_json)
        return
    rules = _policy(policy, surrogates=surrogates)
    if source is None and target is None:
        _answer(rules, tagged=not rules_only)
        return
    if source is None or target is None:
        raise InvalidInputError("a folder needs the other one too", field="in", fix="--in DIR --out DIR")
    _folder(source, target, rules, tagged=not rules_only, as_json=as_json)


def list_held(*, limit: Annotated[int, typer.Option(min=1, max=1000)] = 50, as_json: AsJson = False) -> None:
    """List cases held back by de-identification: which rule doubted which characters of the text."""
    from shared.registry import deid

    with site().sessions() as session:
        found = deid.held(session, limit=limit)
        rows = [
            {
                "case_id": case.id,
                "source_record": case.source_record,
                "reasons": report.reasons,
                "doubts": [
                    {"start": start, "end": end, "rule": rule}
                    for start, end, rule in report.details.get("doubts", ())
                ],
            }
            for case, report in found
        ]
    show_rows(rows, as_json=as_json, none="no case is held back")


def answer_held(
    case_id: str,
    *,
    identifier: Annotated[bool, typer.Option("--identifier/--no-identifier", help="Is it one?")],
    span: Annotated[list[str] | None, typer.Option(help="start:end[:LABEL]; else all doubts.")] = None,
    as_json: AsJson = False,
) -> None:
    """Answer on a held case: take the identifier out, or let the case on and doubt these words no more."""
    from worker_collection.quarantine import say_harmless, say_identifier

    deps, by = collector(), site().actor
    if identifier:
        state = say_identifier(_id(case_id), [_marked(one) for one in span or ()], deps, by=by)
    else:
        state = say_harmless(_id(case_id), deps, by=by)
    show_record({"case_id": case_id, "state": state}, as_json=as_json)


def _id(text: str) -> "UUID":
    from uuid import UUID

    from shared.errors import InvalidInputError

    try:
        return UUID(text)
    except ValueError:
        raise InvalidInputError(
            "this is no case id", field="case_id", fix="see `rounds cases held`"
        ) from None


def _marked(text: str) -> "Marked":
    from shared.errors import InvalidInputError
    from worker_collection.quarantine import Marked

    start, _, rest = text.partition(":")
    end, _, label = rest.partition(":")
    if not (start.isdigit() and end.isdigit()):
        raise InvalidInputError(f"{text} is no stretch", field="span", fix="start:end or start:end:LABEL")
    return Marked(int(start), int(end), label or "NAME")


def _answer(rules: "DeidPolicy", *, tagged: bool) -> None:
    from worker_collection.deidentify import Manner, answer_lines

    try:
        for answer in answer_lines(
            sys.stdin.buffer, this_year=site().now.year, manner=Manner(rules, tagged=tagged)
        ):
            sys.stdout.buffer.write(answer.encode() + b"\n")
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise typer.Exit(0) from None  # whoever asked has gone


def _folder(source: Path, target: Path, rules: "DeidPolicy", *, tagged: bool, as_json: bool) -> None:
    from random import SystemRandom

    from worker_collection.deidentify import Manner, People
    from worker_collection.folder_notes import Folder

    folder = Folder(
        source, target, Manner(rules, tagged=tagged), People(rules, SystemRandom()), site().now.year
    )
    with _progress() as tell:
        outcome = folder.run(tell)
    show_record(outcome.__dict__, as_json=as_json)
    if outcome.failed:
        say(f"{outcome.failed} files could not be read: see {source}/.rounds-deidentify/files.jsonl")
        raise typer.Exit(1)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, now and then a line where somebody reads a pipe."""
    if not sys.stderr.isatty():

        def lines(done: int, whole: int) -> None:
            if done % PLAIN_EVERY == 0 or done == whole:
                say(f"{done} of {whole} files")

        yield lines
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("files", total=None)
        yield lambda done, whole: progress.update(bar, completed=done, total=whole)


def _policy(named: str, *, surrogates: bool) -> "DeidPolicy":
    """The policy of a name or a file.

    Raises:
        InvalidInputError: it is neither, or the file says something that no policy has.
    """
    import tomllib

    from pydantic import ValidationError

    from shared.domain.deid import DeidPolicy
    from shared.errors import InvalidInputError

    try:
        given = tomllib.loads(Path(named).read_text()) if Path(named).is_file() else {"dates": named}
        return DeidPolicy.model_validate(given | ({"replace": "surrogates"} if surrogates else {}))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(f"{named} is no TOML: {error}", field="policy") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "policy"
        raise InvalidInputError(
            f"{named} is no policy: {where}: {first['msg']}",
            field="policy",
            fix="safe_harbor, or a TOML file",
        ) from None


def _recheck(*, as_json: bool) -> None:
    from worker_collection.recheck import recheck

    show_record(recheck(collector()).__dict__, as_json=as_json)
