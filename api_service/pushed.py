"""Cases as they are handed in: texts with their diagnoses, pictures in base64 with their masks."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, RootModel, model_validator

from api_service.files import File
from api_service.parse import Body, Name, Opaque, Subgroup, Text

MOST_MASKS = 2000  # of one picture
_OF_PICTURES = frozenset({"mask", "mask_values", "box", "slices", "spacing"})


class Known(Body):
    """What identifies the patient; it serves to scrub the text and is never stored in clear."""

    name: str | None = Field(None, max_length=200)
    dob: str | None = Field(None, max_length=40)
    mrn: str | None = Field(None, max_length=80)
    phone: str | None = Field(None, max_length=80)
    address: str | None = Field(None, max_length=400)
    providers: list[Annotated[str, Field(max_length=200)]] = Field(default_factory=list, max_length=20)


class PushedCase(Body):
    """One case in the case format of the product: a text and its diagnosis, or a picture in base64."""

    source_id: Opaque
    person: Opaque
    model_type: Name = "diagnosis"
    text: Text | None = None
    image: File | None = None
    mask: File | Annotated[list[File], Field(min_length=1, max_length=MOST_MASKS)] | None = None
    mask_values: Literal["object", "instances"] | None = None
    box: tuple[float, float, float, float] | None = None
    slices: Literal[0, 1, 2] | None = None
    spacing: float | Annotated[list[float], Field(min_length=2, max_length=3)] | None = None
    diagnosis: str | None = Field(None, min_length=1, max_length=300)
    confidence: float | None = Field(None, ge=0, le=1)
    validated_by: str | None = Field(None, max_length=200)
    validated_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None  # an older state that comes later changes nothing
    subgroup: Subgroup = Subgroup()
    known: Known = Known()

    @model_validator(mode="after")
    def _one_input(self) -> "PushedCase":
        if (self.text is None) == (self.image is None):
            raise ValueError("give either text or image")
        told = self.model_fields_set & _OF_PICTURES
        if self.image is None and told:
            raise ValueError(f"{min(told)} belongs to an image, and there is none")
        return self


class PushedCases(RootModel[PushedCase | Annotated[list[PushedCase], Field(min_length=1, max_length=1000)]]):
    """One case or a list of them."""

    def cases(self) -> list[PushedCase]:
        """Always a list."""
        return self.root if isinstance(self.root, list) else [self.root]
