"""`rounds dataset export`: a sealed version as a file of de-identified cases, its checksum beside it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, TypeVar

import typer

from rounds.progress import counted
from rounds.show import AsJson, show_record
from rounds.site import Site, site

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from shared.registry.tables import DatasetVersion

Item = TypeVar("Item")


@dataclass(frozen=True)
class Wish:
    """What is to be written, and how."""

    file_format: str
    splits: tuple[str, ...]


class _Count:
    """How many passed by."""

    def __init__(self) -> None:
        self.n = 0

    def of(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items, counted."""
        for item in items:
            self.n += 1
            yield item


def export(
    version: str,
    *,
    file_format: Annotated[
        str, typer.Option("--format", help="jsonl, chat, alpaca, csv, parquet; of pictures png+mask or coco.")
    ] = "jsonl",
    out: Annotated[Path, typer.Option(help="The file to write; it must not exist.")],
    split: Annotated[str | None, typer.Option(help="training or evaluation; else both.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a sealed version to a file, and OUT.manifest.json with its checksum; the export is audited."""
    from shared.exports import files, text
    from shared.registry import audit, datasets, models

    here = site()
    wish = Wish(file_format, text.checked_splits(split))
    with here.sessions.begin() as session:
        found = datasets.named(session, version)
        text.check_format(file_format, models.model_type(session, found.model_type).family)
        lapsed = datasets.lapsed(session, found.id)
        left_out = {side: n for side, n in lapsed.items() if side in wish.splits}
        details = {"format": file_format, "splits": list(wish.splits), "left_out": left_out}
        subject = ("dataset_versions", found.id)
        audit.write(session, act="export", subject=subject, actor=here.actor, at=here.now, details=details)
    with here.sessions() as session, files.whole(out) as file:
        count = _write(here, session, found, wish=wish, file=file)
    said = details | {"dataset_version": found.name, "sha256": found.sha256, "cases": count}
    files.write_manifest(out, said)
    show_record(said | {"lines": count, "file": str(out)}, as_json=as_json)


def _write(here: Site, session: "Session", found: "DatasetVersion", *, wish: Wish, file: IO[bytes]) -> int:
    """The export itself; how many cases went into it."""
    from shared.domain.exports import heading, line
    from shared.exports import text

    if wish.file_format in text.PICTURE_FORMATS:
        return _write_pictures(here, session, found, wish=wish, file=file)
    count = _Count()
    expected = sum(found.counts[side] for side in wish.splits)
    rows = count.of(text.exported(session, found, wish.splits, vault=here.vault))
    shown = counted(f"export of {found.name}", rows, expected)
    if wish.file_format == "parquet":
        from shared.exports import table

        table.write(shown, file)
        return count.n
    file.write(heading(wish.file_format).encode())
    for one in shown:
        file.write(line(one, wish.file_format).encode())
    return count.n


def _write_pictures(
    here: Site, session: "Session", found: "DatasetVersion", *, wish: Wish, file: IO[bytes]
) -> int:
    """An archive of pictures; how many cases went into it."""
    from functools import partial

    from shared.exports import pictures
    from shared.registry import datasets
    from shared.storage.objects import open_storage
    from shared.storage.pictures import load_picture

    count = _Count()
    storage = open_storage(here.settings)
    sides = ((side, datasets.stream_pictures(session, found.id, side)) for side in wish.splits)
    members = count.of((example, side) for side, examples in sides for example in examples)
    shown = counted(f"export of {found.name}", members, sum(found.counts[side] for side in wish.splits))
    load = partial(load_picture, storage, vault=here.vault)
    pictures.write(pictures.plates(shown, load), file, wish.file_format)
    return count.n
