"""What is kept of pictures beside their cases: how they are known again, what a source has sent of them."""

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.registry.tables.base import Table, one_of

DICOM_KINDS = ("file", "picture", "fragment", "label", "mask")


class CasePicture(Table):
    """What a case's picture is known by, so that its re-encodings are found as one with it."""

    __tablename__ = "case_pictures"
    __table_args__ = (Index(None, "marks", postgresql_using="gin"),)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("validated_cases.id"), primary_key=True)
    digest: Mapped[str]
    marks: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    sketch: Mapped[bytes]
    lossy: Mapped[bool]


class DicomObject(Table):
    """One file, picture or mask that a DICOM source sent; what leads to a patient is sealed or a keyed hash.

    A `fragment` is a picture that was cut off, a `label` an object that holds masks, a `mask` one structure
    on one picture. `generation` is the loading at which it, or a mask on it, came.
    """

    __tablename__ = "dicom_objects"
    __table_args__ = (
        one_of("kind", DICOM_KINDS),
        Index(None, "source_id", "kind", "generation"),
        Index(None, "source_id", "about"),
        Index(None, "source_id", "plane"),
    )
    source_id: Mapped[UUID] = mapped_column(ForeignKey("sources.id"), primary_key=True)
    lookup: Mapped[bytes] = mapped_column(primary_key=True)  # keyed hash of a path or a SOP instance UID
    kind: Mapped[str]
    natural_key: Mapped[str | None]  # of what becomes a case, as in source_records
    about: Mapped[bytes | None]  # a mask's picture, a file's object
    plane: Mapped[bytes | None]  # where a picture lies in its series, or a mask that names no picture
    digest: Mapped[bytes]  # keyed hash of the content; of a mask, the lookup of its label
    reason: Mapped[str | None]  # why a file makes no picture and no label
    generation: Mapped[int]
    sealed: Mapped[bytes | None]


class DicomUid(Table):
    """The random UID that stands for one of the clinic's, which is known by a keyed hash only."""

    __tablename__ = "dicom_uids"
    lookup: Mapped[bytes] = mapped_column(primary_key=True)
    replacement: Mapped[str] = mapped_column(unique=True)
