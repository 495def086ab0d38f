"""From an address to a DICOM source: a folder, or the spool of a listener."""

from worker_collection.dicom.folder import DicomFolder
from worker_collection.dicom.source import DicomSource, Place
from worker_collection.mapping import CaseMapping


def dicom_source(address: str, mapping: CaseMapping, *, place: Place | None = None) -> DicomSource:
    """The source at an address."""
    return DicomSource(DicomFolder(address), mapping, place=place)
