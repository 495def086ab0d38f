"""A row about a picture: where its bare pixels lie, what it is known by, what was found in it.

The form in which sources hand pictures on, whatever they came as: the pixels are de-identified and stored
already, the row holds their keys.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.cycle import CaseState
from shared.domain.eligibility import Trust, Verdict
from shared.domain.quality import Quality
from worker_collection.alike import Likeness
from worker_collection.phi.engine import Cleaned
from worker_collection.phi.spans import Span
from worker_collection.pixel_text.engine import ENGINE

__all__ = ["ENGINE", "Pictured"]
_FIELDS = ("image", "mask", "diagnosis", "validated_at", "age_band", "sex", "spacing")
_COST = 15  # points of the score for each flag


@dataclass(frozen=True)
class Pictured:
    """What a row says of its picture.

    Attributes:
        image: key of the bare, cleaned pixels in the artifact store.
        likeness: what the picture is known by; of the pixels as they came.
        lossy: whether a codec has taken anything away, or the file was cut off.
        mask: key of the mask, uint8 and of the image's shape; None where nobody drew one.
        status: what became of the mask in the system it was drawn in: approved, amended, rejected.
        held: why the pixels may not be released.
        blanked: lines of text that were blanked.
        doubts: what is wrong with the mask; a person is to look.
        flags: what lowers the quality.
        trusts_reviewers: whether an approval counts from somebody whom the site has not on its list.
        details: de-identified fields of the case.
    """

    image: str
    likeness: Likeness
    lossy: bool = True
    mask: str | None = None
    status: str | None = None
    held: tuple[str, ...] = ()
    blanked: int = 0
    doubts: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    trusts_reviewers: bool = True
    details: Mapping[str, Any] = field(default_factory=dict)

    def packed(self) -> dict[str, Any]:
        """As a row carries it."""
        known = {"digest": self.likeness.digest, "marks": list(self.likeness.marks)}
        known["sketch"] = base64.b64encode(self.likeness.sketch).decode()
        return {**vars(self), "likeness": known, "details": dict(self.details)}

    @classmethod
    def read(cls, **packed: Any) -> "Pictured":
        """What `packed` gave, also after JSON."""
        known = packed["likeness"]
        sketch = base64.b64decode(known["sketch"])
        told = dict(packed) | {"likeness": Likeness(known["digest"], tuple(known["marks"]), sketch)}
        return cls(**told | {name: tuple(packed.get(name, ())) for name in ("held", "doubts", "flags")})

    @property
    def cleaned(self) -> Cleaned:
        """The de-identification of the pixels, in the form of a text's."""
        return Cleaned("", (Span(0, 0, "PIXEL_TEXT"),) * self.blanked, self.held)

    def content(self, model_type: str, label: str | None) -> str:
        """The name of the case's content: the picture as it is known, its mask and its label."""
        parts = (model_type, self.likeness.digest, self.mask or "", label or "")
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def media(self) -> dict[str, Any]:
        """The keys that the case keeps."""
        return {"image": self.image} | ({"mask": self.mask} if self.mask else {})

    def score(self, filled: Mapping[str, Any]) -> Quality:
        """Quality and completeness, each 0 to 100, with the reasons."""
        there = sum(filled.get(name) not in (None, "", (), []) for name in _FIELDS)
        reasons = (*self.flags, *self.doubts)
        return Quality(max(0, 100 - _COST * len(reasons)), round(100 * there / len(_FIELDS)), reasons)

    def state(self, verdict: Verdict) -> tuple[CaseState, tuple[str, ...]]:
        """The state of the case and why."""
        if self.held:
            return CaseState.NEEDS_REVIEW, ("deid_quarantine", *self.held, *verdict.reasons)
        if self.doubts:
            return CaseState.NEEDS_REVIEW, (*self.doubts, *verdict.reasons)
        states = {Trust.ELIGIBLE: CaseState.VALIDATED, Trust.PENDING: CaseState.PENDING}
        return states.get(verdict.trust, CaseState.NEEDS_REVIEW), verdict.reasons
