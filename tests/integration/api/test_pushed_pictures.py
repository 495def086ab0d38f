"""`POST /cases` with pictures in base64: sealed until they are collected, and refused where they are none."""

import base64

import pytest
from sqlalchemy import select

from api_service.auth import Role
from shared.registry.tables import CollectionRun

PIXELS = base64.b64encode(b"pixels of somebody").decode()
CASE = {"source_id": "scan-1", "person": "p-1", "model_type": "segmentation", "image": PIXELS, "mask": PIXELS}


def test_a_picture_and_its_mask_lie_sealed_in_the_run(site):
    answer = site.post("/cases", Role.SERVICE, [CASE, CASE | {"source_id": "scan-2", "box": [1, 2, 30, 40]}])
    assert (answer.status_code, answer.json["received"]) == (202, 2), answer.text
    with site.sessions() as session:
        [run] = session.scalars(select(CollectionRun))
        assert PIXELS not in str(run.wish)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"image": "/etc/passwd!"}, "image"),
        ({"mask": ["no base64"]}, "mask"),
        ({"text": "cough"}, None),
        ({"mask_values": "colours"}, "mask_values"),
        ({"model_type": "diagnosis"}, "text"),
    ],
)
def test_what_is_no_case_of_a_picture_is_refused_by_name(site, wrong, field):
    answer = site.post("/cases", Role.SERVICE, CASE | wrong)
    assert answer.status_code == 422
    assert field is None or field in answer.json["field"]


def test_what_belongs_to_pictures_needs_one_and_texts_are_not_for_a_segmenter(site):
    told = {"source_id": "1", "person": "p", "text": "cough", "diagnosis": "Bronchitis"}
    assert site.post("/cases", Role.SERVICE, told | {"box": [1, 2, 3, 4]}).status_code == 422
    answer = site.post("/cases", Role.SERVICE, told | {"model_type": "segmentation"})
    assert (answer.status_code, answer.json["field"]) == (422, "image")
    del told["diagnosis"]
    answer = site.post("/cases", Role.SERVICE, told)
    assert (answer.status_code, answer.json["field"]) == (422, "diagnosis")
