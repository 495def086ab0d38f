"""From a source's row to the adapter that reads it; only a source of pictures loads what reads them."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from shared.errors import InvalidInputError
from shared.registry import models, runs, sources
from shared.registry.tables import CollectionRun, Source
from shared.storage.base import Storage
from shared.storage.pictures import Picture
from shared.vault import Vault
from worker_collection.images.source import WithPictures, keeper
from worker_collection.mapping import CaseMapping, mapping_text, read_mapping
from worker_collection.sources.base import CaseSource
from worker_collection.sources.feedback import FeedbackSource
from worker_collection.sources.fhir.shelf import Shelf
from worker_collection.sources.fhir.source import fhir_source
from worker_collection.sources.folder import FolderSource
from worker_collection.sources.mask_feedback import MaskFeedbackSource
from worker_collection.sources.push import HandedIn
from worker_collection.sources.sql import SqlSource


def rules_of(source: Source) -> CaseMapping:
    """The mapping of a source: its own TOML, or the shipped one that it names."""
    text = source.mapping
    return read_mapping(text if "\n" in text or "=" in text else mapping_text(text))


def open_source(
    source: Source,
    run: CollectionRun | None,
    vault: Vault,
    *,
    site: tuple[sessionmaker[Session], datetime] | None = None,
    storage: Storage | None = None,
) -> CaseSource:
    """The adapter of a source; what was handed in with the run takes the place of its address.

    Args:
        source: the source.
        run: the run that reads it; None for a test of the source.
        vault: opens the address and what was handed in.
        site: the site's own registry and the instant, for sources that keep or have something there.
        storage: where a source puts pictures.

    Raises:
        InvalidInputError: the kind cannot be collected yet, or its address or mapping is wrong.
    """
    mapping = rules_of(source)
    is_dry = run is not None and bool(run.wish.get("dry_run"))
    save = keeper(storage, vault, is_dry=is_dry) if storage is not None else None
    handed = runs.handed_in(run, vault) if run is not None else None
    if handed is not None:
        return _handed_in(handed, mapping, save)
    if source.kind in ("push", "feedback"):
        return _within(source, mapping, site[0] if site else None, vault=vault, save=save)
    address = sources.address(source, vault)
    if source.kind == "fhir" and site is not None:
        shelf = Shelf(site[0], vault, source.id)
        return fhir_source(address, mapping, shelf=shelf, name=source.name, at=site[1])
    if source.kind == "dicom" and site is not None and storage is not None:
        from worker_collection.dicom.opening import dicom_source
        from worker_collection.dicom.shelf import Shelf as DicomShelf
        from worker_collection.dicom.source import Place

        held = DicomShelf(site[0], vault, source.id)
        place = Place(held, storage, vault, is_dry=is_dry, spool=spool_of(source))
        return dicom_source(address, mapping, place=place, at=site[1])
    if source.kind == "folder" and save is not None:
        folder = FolderSource(address, mapping)
        return WithPictures(folder, save, below=folder.folder, confined=True)
    return adapter(source.kind, address, mapping, now=site[1] if site else None)


def _handed_in(handed: Any, mapping: CaseMapping, save: Callable[[Picture], str] | None) -> CaseSource:
    """What came with a run: a file whose importer may read what it names, or rows with pictures in them."""
    path = Path(handed["file"]) if isinstance(handed, dict) else None
    rows = HandedIn(path or handed, mapping)
    below = path.parent if path is not None else None
    return WithPictures(rows, save, below=below, confined=False) if save else rows


def _within(
    source: Source,
    mapping: CaseMapping,
    sessions: sessionmaker[Session] | None,
    *,
    vault: Vault,
    save: Callable[[Picture], str] | None,
) -> CaseSource:
    """What has no address: nothing is left of a push, and answers lie in the registry."""
    if source.kind == "push":
        return HandedIn([], mapping)
    kind = source.model_type
    if sessions is None or save is None or not _is_segmenter(kind, sessions):
        return FeedbackSource(kind, mapping, sessions=sessions, vault=vault)
    drawn = MaskFeedbackSource(kind, mapping, sessions=sessions, vault=vault)
    return WithPictures(drawn, save, below=None, confined=True)


def _is_segmenter(model_type: str, sessions: sessionmaker[Session]) -> bool:
    with sessions() as session:
        return models.model_type(session, model_type).family == "segmentation"


def spool_of(source: Source) -> str:
    """Where the store keeps what a listener received for a source, until it is collected."""
    return f"spool/{source.id}/"


def adapter(kind: str, address: str, mapping: CaseMapping, *, now: datetime | None = None) -> CaseSource:
    """The adapter of a kind of source at an address, as far as it can be tested without a site.

    Raises:
        InvalidInputError: the kind cannot be collected yet, or the address or the mapping is wrong.
    """
    if kind == "sql":
        return SqlSource(address, mapping, now=now)
    if kind == "folder":
        return FolderSource(address, mapping)
    if kind == "fhir":
        return fhir_source(address, mapping)
    if kind == "dicom":
        from worker_collection.dicom.opening import dicom_source

        return dicom_source(address, mapping)
    if kind == "feedback":
        return FeedbackSource(mapping.model_type, mapping, sessions=None, vault=None)
    raise InvalidInputError(
        f"sources of kind {kind} cannot be collected yet",
        field="kind",
        fix="sql, fhir, dicom, folder or feedback",
    )
