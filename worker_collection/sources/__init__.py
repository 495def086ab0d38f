"""Adapters to where a clinic keeps its cases."""

from pathlib import Path

from shared.errors import InvalidInputError
from shared.registry import runs, sources
from shared.registry.tables import CollectionRun, Source
from shared.vault import Vault
from worker_collection.mapping import CaseMapping, mapping_text, read_mapping
from worker_collection.sources.base import CaseSource
from worker_collection.sources.folder import FolderSource
from worker_collection.sources.push import HandedIn
from worker_collection.sources.sql import SqlSource


def rules_of(source: Source) -> CaseMapping:
    """The mapping of a source: its own TOML, or the shipped one that it names."""
    text = source.mapping
    return read_mapping(text if "\n" in text or "=" in text else mapping_text(text))


def open_source(source: Source, run: CollectionRun | None, vault: Vault) -> CaseSource:
    """The adapter of a source; what was handed in with the run takes the place of its address.

    Raises:
        InvalidInputError: the kind cannot be collected yet, or its address or mapping is wrong.
    """
    mapping = rules_of(source)
    handed = runs.handed_in(run, vault) if run is not None else None
    if handed is not None:
        return HandedIn(Path(handed["file"]) if isinstance(handed, dict) else handed, mapping)
    if source.kind == "push":
        return HandedIn([], mapping)
    return adapter(source.kind, sources.address(source, vault), mapping)


def adapter(kind: str, address: str, mapping: CaseMapping) -> CaseSource:
    """The adapter of a kind of source at an address.

    Raises:
        InvalidInputError: the kind cannot be collected yet, or the address or the mapping is wrong.
    """
    if kind == "sql":
        return SqlSource(address, mapping)
    if kind == "folder":
        return FolderSource(address, mapping)
    raise InvalidInputError(
        f"sources of kind {kind} cannot be collected yet", field="kind", fix="sql or folder"
    )
