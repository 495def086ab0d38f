"""The model server on pictures: masks as in process, beside texts that do not wait for them."""

import pytest

from deployer_service.serve_pictures import mask_from, png_of
from shared.backends import backend_for
from shared.domain.example import PictureAsk
from shared.errors import InvalidInputError, NotFoundError
from tests.small_pictures import drawing

BLOB = (4.0, 4.0, 27.0, 25.0)


def test_it_answers_masks_as_the_version_does_in_process(served, segmenter, fitted):
    version, reader = served.add(segmenter), served.add(fitted)
    loaded = served.client.load(version.digest)
    assert loaded.fingerprint == segmenter.fingerprint
    pixels, _ = drawing(70)
    scorer = backend_for("segmentation", served.settings).load(segmenter.files, "litemedsam")
    expected = scorer.segment(pixels, [None, BLOB])
    answers = served.client.segment(version.digest, PictureAsk(png_of(pixels), (None, BLOB)))
    for answer, wanted in zip(answers, expected, strict=True):
        assert (mask_from(answer.mask) == wanted.mask).all()
        assert (answer.label, answer.score) == ("object", wanted.score)
    bare = served.client.segment(version.digest, PictureAsk(png_of(pixels), untrained=True))
    untrained = scorer.segment(pixels, [None], untrained=True)
    assert (mask_from(bare[0].mask) == untrained[0].mask).all()
    _refuses_what_it_cannot_answer(served, version, reader, png_of(pixels))


def _refuses_what_it_cannot_answer(served, version, reader, image):
    with pytest.raises(InvalidInputError, match="pictures"):
        served.client.answer(version.digest, ["cough"])
    with pytest.raises(NotFoundError, match="not in memory"):
        served.client.segment(reader.digest, PictureAsk(image))
    served.client.load(reader.digest)
    with pytest.raises(InvalidInputError, match="texts"):
        served.client.segment(reader.digest, PictureAsk(image))
    with pytest.raises(InvalidInputError, match="box"):
        served.client.segment(version.digest, PictureAsk(image, ((90.0, 90.0, 95.0, 95.0),)))
    with pytest.raises(InvalidInputError, match="base64"):
        served.client.segment(version.digest, PictureAsk("?"))
    with pytest.raises(InvalidInputError, match="boxes"):
        served.client.segment(version.digest, PictureAsk(image, ()))
