"""The model server on pictures: masks as in process, beside texts that do not wait for them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from deployer_service.serve_memory import Memory
from deployer_service.serve_pictures import mask_from, png_of
from shared.backends import backend_for
from shared.backends.base import Segmented
from shared.domain.example import Answer, PictureAsk
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


class Slow:
    """A version at the Protocol whose mask takes until somebody lets it."""

    labels = ("object",)

    def __init__(self):
        self.begun, self.may_end = threading.Event(), threading.Event()

    def answer(self, texts):
        return [Answer("object", 1.0, (("object", 1.0),)) for _ in texts]

    def fingerprint(self):
        return "f"

    def segment(self, pixels, boxes, *, untrained=False):
        self.begun.set()
        assert self.may_end.wait(30)
        return [Segmented(pixels > 0, 0.5) for _ in boxes]


def test_who_asks_with_words_does_not_wait_for_a_picture():
    slow, reader = Slow(), Slow()
    memory = Memory({"pictures": slow, "texts": reader}.__getitem__)
    memory.load("pictures"), memory.load("texts")
    with ThreadPoolExecutor(1) as pool:
        mask = pool.submit(memory.segment, "pictures", np.ones((4, 4)), [None])
        assert slow.begun.wait(30)
        assert memory.answer("texts", ["cough"])[0].label == "object"
        assert not mask.done()
        slow.may_end.set()
        label, found = mask.result(30)
    assert (label, found[0].score) == ("object", 0.5)
