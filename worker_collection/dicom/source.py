"""The DICOM source: files are decoded, cleaned and kept; then every picture they bear on becomes rows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from shared.registry.validators import Staff
from shared.storage.base import Storage
from shared.storage.pictures import Picture, picture_key, save_picture
from shared.vault import Vault
from worker_collection.dicom.decode import Decoded, UnfitError
from worker_collection.dicom.isolated import IsolatedDecoder, decoder
from worker_collection.dicom.masks import masks_of
from worker_collection.dicom.rows import rows_of
from worker_collection.dicom.shelf import Cut, File, Shelf
from worker_collection.dicom.take import plane_of, shot_of
from worker_collection.mapping import CaseMapping
from worker_collection.sources.base import Broken, Page, Row, Said, Trial

_ROWS = 100
_KNOWN = 500  # files asked for at once whether they are known
# What is written of a loading, in this order: of one picture, the whole comes before what was cut off.
_STEPS = ("file", "picture", "fragment", "label")


@dataclass(frozen=True)
class Incoming:
    """One file: a name, what changes when its content does, and its bytes when they are wanted.

    `read` answers None for a file that still grows. `done` is called once all that it holds is kept.
    """

    name: str
    state: str
    read: Callable[[], bytes | None]
    done: Callable[[], None] = lambda: None


class Feed(Protocol):
    """A way to DICOM files."""

    def test(self) -> Trial:
        """Reach it."""

    def files(self) -> Iterator[Incoming]:
        """Every file that is there, in a fixed order."""


@dataclass(frozen=True)
class Place:
    """Where a source keeps what it takes in; `is_dry` stores no pixels, in `spool` lie received files."""

    shelf: Shelf
    storage: Storage
    vault: Vault
    is_dry: bool = False
    spool: str = ""

    def save(self, picture: Picture) -> str:
        """Store a picture, or only name it in a rehearsal."""
        if self.is_dry:
            return picture_key(picture, self.vault)
        return save_picture(self.storage, picture, self.vault)


class DicomSource:
    """One source of DICOM files."""

    def __init__(self, feed: Feed, mapping: CaseMapping, *, place: Place | None, name: str = "") -> None:
        self._feed, self._mapping, self._place, self._name = feed, mapping, place, name

    def test(self) -> Trial:
        """Reach the source."""
        return self._feed.test()

    def pages(self, watermark: Mapping[str, Any], size: int) -> Iterator[Page]:
        """Rows of the pictures that came, or on which a label came or changed.

        The watermark holds the loading whose rows are all written (`emitted`), and while rows are being
        written the loading they go up to (`upto`), their kind and the last one written (`after`).
        """
        self.test()
        mark = dict(watermark)
        if "upto" not in mark:
            for _ in islice(self._load(), size if self._held.is_dry else None):
                yield Page([], mark)  # a rehearsal tries some files, a collection takes in all
        while (window := self._window(mark))[0] < window[1]:
            mark = {**mark, "upto": window[1]}
            for page in self._written(mark, window, size=min(size, _ROWS)):
                mark = page.watermark
                yield page
            mark = {"emitted": window[1]}
            yield Page([], mark)

    def staff(self) -> list[Staff]:
        """Headers do not say who may validate."""
        return []

    def vocabulary(self) -> list[Said]:
        """Headers have no words for diseases of their own."""
        return []

    @property
    def _held(self) -> Place:
        assert self._place is not None, "a source that is collected has a place"
        return self._place

    def _window(self, mark: Mapping[str, Any]) -> tuple[int, int]:
        return int(mark.get("emitted", 0)), int(mark.get("upto") or self._held.shelf.top())

    def _load(self) -> Iterator[None]:
        """Take in every file that is not known; one bad file costs itself."""
        generation = self._held.shelf.top() + 1
        with decoder() as decoding:
            for one, file, is_new in self._files():
                data = one.read() if is_new else None
                if data is not None:
                    self._take(file, data, decoding, generation=generation)
                # Also one that an earlier run had kept when it was interrupted.
                if not self._held.is_dry and (data is not None or not is_new):
                    one.done()
                if is_new:
                    yield

    def _files(self) -> Iterator[tuple[Incoming, File, bool]]:
        """Every file, and whether it is not known as it is."""
        batch: list[Incoming] = []
        for one in self._feed.files():
            batch.append(one)
            if len(batch) == _KNOWN:
                yield from self._told_apart(batch)
                batch = []
        yield from self._told_apart(batch)

    def _told_apart(self, batch: list[Incoming]) -> Iterator[tuple[Incoming, File, bool]]:
        files = [self._held.shelf.file(one.name, one.state) for one in batch]
        yield from zip(batch, files, self._held.shelf.news(files), strict=True)

    def _take(self, file: File, data: bytes, decoding: IsolatedDecoder, *, generation: int) -> None:
        shelf = self._held.shelf
        try:
            decoded = decoding.decode(data)
            if decoded.kind == "picture":
                self._take_picture(file, decoded, generation)
            else:
                self._take_label(file, decoded, generation)
        except UnfitError as error:
            shelf.refuse(file, error.reason, generation=generation)

    def _take_picture(self, file: File, decoded: Decoded, generation: int) -> None:
        header, shelf = decoded.header, self._held.shelf
        series, study = (str(header.get(name) or "") for name in ("SeriesInstanceUID", "StudyInstanceUID"))
        uids = shelf.uids([series, study])
        shot = shot_of(decoded, self._mapping.dicom, save=self._held.save, uids=uids)
        if "person" not in shot.person and study:
            shot.person["person"] = shelf.study(study)
        plane = plane_of(shot, series)
        uid = str(header.SOPInstanceUID)
        shelf.put_picture(file, uid, shot, plane=plane, generation=generation)

    def _take_label(self, file: File, decoded: Decoded, generation: int) -> None:
        try:
            masks = masks_of(decoded)
        except (ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError):
            raise UnfitError("label_unreadable") from None
        drawn = [mask for mask in masks if mask.contours or mask.pixels().any()]
        if not drawn:
            raise UnfitError("mask_without_object")
        self._held.shelf.put_label(file, str(decoded.header.SOPInstanceUID), drawn, generation=generation)

    def _written(self, mark: Mapping[str, Any], window: tuple[int, int], *, size: int) -> Iterator[Page]:
        """What was refused, the pictures, and the labels that wait for theirs, in this order."""
        kind, after = str(mark.get("kind", _STEPS[0])), str(mark.get("after", ""))
        for step in _STEPS[_STEPS.index(kind) :]:
            while True:
                page, after = self._page(step, Cut(window, after, size))
                if not after:
                    break
                yield Page(page.rows, {**mark, "kind": step, "after": after}, deleted=page.deleted)

    def _page(self, kind: str, cut: Cut) -> tuple[Page, str]:
        """The next rows of a kind and where to go on; nowhere when there are no more."""
        shelf = self._held.shelf
        if kind == "file":
            refused, last = shelf.refused(cut)
            return Page([Broken(key, reason) for key, reason in refused], {}), last
        if kind == "label":
            missing, last = shelf.waiting(cut)
            return Page([Broken(key, "label_without_picture") for key in missing], {}), last
        due, last = shelf.due(kind, cut)
        rows: list[Row | Broken] = []
        for one in due:
            rows += rows_of(one, save=self._held.save)
        made = {str(row["source_id"]) for row in rows if not isinstance(row, Broken)}
        known = shelf.remembered(one.key for one in due)
        gone = sorted({key for keys in known.values() for key in keys} - made)
        return Page([self._told(row) for row in rows], {}, deleted=gone), last

    def _told(self, row: Row | Broken) -> Row | Broken:
        return row if isinstance(row, Broken) else {**row, **self._mapping.constants}
