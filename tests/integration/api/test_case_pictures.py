"""The picture of a case and its mask: as PNG, for readers of cases, each look written down."""

import io

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from api_service.auth import Role
from shared.registry.tables import AuditEvent
from shared.storage.objects import open_storage
from shared.storage.pictures import Picture, save_picture
from tests.factories import a_case
from tests.integration.api.world import SECRET

PIXELS = np.arange(12 * 10, dtype=np.uint8).reshape(12, 10)
MASK = np.zeros((12, 10), np.uint8)
MASK[2:7, 3:8] = 1
MASK[9:11, 1:4] = 2


def a_picture_case(site, *, pixels=PIXELS, mask=MASK, axes="yx"):
    settings, vault = site.deps.settings, site.deps.vault
    storage = open_storage(settings)
    settings.secret_file.parent.mkdir(parents=True, exist_ok=True)
    settings.secret_file.write_bytes(SECRET)  # whoever draws opens the vault by himself
    settings.secret_file.chmod(0o600)
    media = {"image": save_picture(storage, Picture(pixels, axes), vault)}
    if mask is not None:
        media["mask"] = save_picture(storage, Picture(mask, axes), vault)
    with site.sessions.begin() as session:
        return a_case(
            session, model_type="segmentation", diagnosis="object", media=media, input_sealed=None
        ).id


def png(answer):
    assert answer.status_code == 200 and answer.content_type == "image/png"
    return np.asarray(Image.open(io.BytesIO(answer.data)))


def test_the_pixels_and_the_mask_lie_over_each_other(site):
    case_id = a_picture_case(site)
    shown = png(site.get(f"/cases/{case_id}/picture", Role.CLINICIAN))
    assert np.array_equal(shown, PIXELS)
    mask = png(site.get(f"/cases/{case_id}/picture?layer=mask", Role.CLINICIAN))
    assert mask.shape == (12, 10, 4)
    assert np.array_equal(mask[..., 3] > 0, MASK > 0)
    first, second = mask[4, 5], mask[9, 2]
    assert tuple(first[:3]) != tuple(second[:3])
    assert mask[2, 3, 3] > first[3]  # the outline is firmer than the inside


def test_a_volume_shows_its_middle_or_the_slice_that_is_asked_for(site):
    stack, masks = np.stack([PIXELS, PIXELS + 50, PIXELS + 100]), np.stack([MASK * 0, MASK, MASK])
    case_id = a_picture_case(site, pixels=stack, mask=masks, axes="zyx")
    assert np.array_equal(png(site.get(f"/cases/{case_id}/picture", Role.STEWARD)), PIXELS + 50)
    assert np.array_equal(png(site.get(f"/cases/{case_id}/picture?slice=0", Role.STEWARD)), PIXELS)
    assert site.get(f"/cases/{case_id}/picture?slice=3", Role.STEWARD).status_code == 422


def test_who_looked_is_written_down(site):
    case_id = a_picture_case(site)
    site.get(f"/cases/{case_id}/picture?layer=mask", Role.CLINICIAN)
    with site.sessions() as session:
        [seen] = session.scalars(select(AuditEvent).filter_by(act="read", subject_id=str(case_id)))
    assert (seen.actor, seen.details) == ("key:clinician", {"layer": "mask"})


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.APPROVER, Role.ADMIN])
def test_who_may_not_read_cases_sees_no_picture(site, role):
    assert site.get(f"/cases/{a_picture_case(site)}/picture", role).status_code == 403


def test_a_layer_that_is_not_there_is_named(site):
    case_id = a_picture_case(site, mask=None)
    answer = site.get(f"/cases/{case_id}/picture?layer=mask", Role.CLINICIAN)
    assert answer.status_code == 404 and "has no mask" in answer.json["detail"]
