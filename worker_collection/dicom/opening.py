"""From an address to a DICOM source: a folder, or what a listener has received."""

from datetime import datetime

from worker_collection.dicom.folder import DicomFolder
from worker_collection.dicom.listener import Address, Received, Spool
from worker_collection.dicom.source import DicomSource, Feed, Place
from worker_collection.mapping import CaseMapping

SCHEME = "dicom://"


def dicom_source(
    address: str, mapping: CaseMapping, *, place: Place | None = None, at: datetime | None = None
) -> DicomSource:
    """The source at an address.

    Args:
        address: a folder, or where a listener listens.
        mapping: the site's choices.
        place: where a source that is collected keeps things.
        at: the instant of the collection.

    Raises:
        InvalidInputError: the address of a listener is wrong.
    """
    feed: Feed = DicomFolder(address)
    if address.startswith(SCHEME):
        feed = Received(Address.read(address), _spool(place), at)
    return DicomSource(feed, mapping, place=place)


def _spool(place: Place | None) -> Spool | None:
    return Spool(place.storage, place.vault, place.spool) if place is not None else None
