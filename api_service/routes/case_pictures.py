"""The picture of a case and its mask, as a reader lays one over the other."""

from typing import Literal
from uuid import UUID

from flask import Response
from pydantic import Field

from api_service import drawing
from api_service.endpoint import Call, Group, Rules
from api_service.parse import Body
from api_service.routes.cases import CASE_READERS
from shared.errors import NotFoundError
from shared.registry import audit, cases

group = Group()


class PictureQuery(Body):
    """Which of the two, and of a volume which slice; the middle one where none is named."""

    layer: Literal["image", "mask"] = "image"
    place: int | None = Field(None, alias="slice", ge=0)


@group.get("/cases/{case_id}/picture", roles=CASE_READERS, rules=Rules(media_types=("image/png",)))
def case_picture(call: Call, case_id: UUID, query: PictureQuery) -> Response:
    """The de-identified picture, or its mask on a transparent ground; that it was seen is written down."""
    case = cases.get(call.session, case_id)
    key = case.media.get(query.layer)
    if key is None:
        raise NotFoundError(f"case {case_id} has no {query.layer}", field="layer", fix="see /cases/{case_id}")
    subject = ("validated_cases", case.id)
    details = {"layer": query.layer}
    audit.write(
        call.session, act="read", subject=subject, actor=call.caller.name, at=call.now, details=details
    )
    drawn = drawing.png(call.deps.settings, str(key), query.layer, place=query.place)
    return Response(drawn, content_type="image/png")
