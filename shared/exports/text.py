"""A sealed version as lines, read from the registry as they are written."""

from collections.abc import Collection, Iterator

from sqlalchemy.orm import Session

from shared.domain.exports import LINE_FORMATS, Exported, heading, line
from shared.errors import InvalidInputError
from shared.registry import datasets
from shared.registry.tables import DatasetVersion
from shared.vault import Vault

SPLITS = ("training", "evaluation")
FORMATS = (*LINE_FORMATS, "parquet")
PICTURE_FORMATS = ("png+mask", "coco")


def exported(
    session: Session, version: DatasetVersion, splits: Collection[str], *, vault: Vault
) -> Iterator[Exported]:
    """The examples of some sides, side by side, each in the order of the case id.

    What may not be used any more is left out: see `datasets.lapsed`.
    """
    for split in splits:
        for example in datasets.stream(session, version.id, split, vault=vault):
            yield Exported(example, split, version.model_type)


def lines(
    session: Session, version: DatasetVersion, splits: Collection[str], *, file_format: str, vault: Vault
) -> Iterator[str]:
    """The lines of an export, the heading first."""
    if head := heading(file_format):
        yield head
    for one in exported(session, version, splits, vault=vault):
        yield line(one, file_format)


def check_format(file_format: str, family: str) -> None:
    """Refuse a format that nobody writes, or that a family's versions do not have.

    Raises:
        InvalidInputError: the format is not known, or is not one of this family.
    """
    known = PICTURE_FORMATS if family == "segmentation" else FORMATS
    if file_format not in known:
        fix = f"use one of {', '.join(known)}"
        raise InvalidInputError(f"a {family} is not exported as {file_format}", field="format", fix=fix)


def checked_splits(split: str | None) -> tuple[str, ...]:
    """The sides that a wish names: one, or both without a wish.

    Raises:
        InvalidInputError: there is no such side.
    """
    if split is None:
        return SPLITS
    if split not in SPLITS:
        raise InvalidInputError(
            f"{split} is no side of a version", field="split", fix=f"use {' or '.join(SPLITS)}"
        )
    return (split,)
