"""What every artifact store does, a folder and a real S3 bucket alike; and what each really promises."""

import hashlib
from datetime import UTC, datetime

import pytest

from shared.config import load_settings
from shared.errors import ConflictError, NotFoundError
from shared.storage import promises
from shared.storage.objects import PART_BYTES, WHOLE_BYTES, open_storage
from tests import seaweed

BIG = WHOLE_BYTES + 5


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    with seaweed.running(tmp_path_factory.mktemp("weed")) as endpoint:
        seaweed.make_bucket(endpoint, "locked", locked=True)
        seaweed.make_bucket(endpoint, "plain", locked=False)
        yield endpoint


def bucket_settings(endpoint, bucket, prefix="artifacts", **given):
    keys = {"s3_access_key": seaweed.ACCESS, "s3_secret_key": seaweed.SECRET}
    return load_settings(storage_url=f"s3://{bucket}/{prefix}", s3_endpoint=endpoint, **(keys | given))


@pytest.fixture(params=["folder", "bucket"])
def store(request, tmp_path):
    if request.param == "folder":
        return open_storage(load_settings(storage_url=f"file://{tmp_path}/artifacts"))
    return open_storage(bucket_settings(request.getfixturevalue("s3"), "plain", prefix=tmp_path.name))


def test_what_is_put_is_got_listed_and_deleted(store):
    store.put("a/b/one", b"1")
    store.put("a/two", b"")
    assert (store.get("a/b/one"), store.get("a/two")) == (b"1", b"")
    assert list(store.keys("a/")) == ["a/b/one", "a/two"]
    assert store.exists("a/two") and not store.exists("a")
    store.delete("a/two")
    store.delete("a/two")
    assert not store.exists("a/two")


def test_an_object_is_created_once_and_the_same_again_is_fine(store):
    store.put("k", b"first")
    store.put("k", b"first")
    with pytest.raises(ConflictError):
        store.put("k", b"other")
    assert store.get("k") == b"first"


def test_what_is_not_there_is_said(store):
    with pytest.raises(NotFoundError):
        store.get("none")
    with pytest.raises(NotFoundError):
        list(store.stream("none"))


@pytest.mark.parametrize("key", ["../../evil", "a/../../evil"])
def test_no_key_leaves_the_store(store, key):
    with pytest.raises(Exception, match=r"\.\."):
        store.put(key, b"x")


@pytest.mark.parametrize("size", [0, 10, WHOLE_BYTES, BIG])
def test_a_file_goes_up_whole_and_comes_back_in_pieces(store, tmp_path, size):
    path = tmp_path / "file"
    data = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    path.write_bytes(data)
    store.put_file("files/one", path)
    store.put_file("files/one", path)
    pieces = list(store.stream("files/one"))
    assert hashlib.sha256(b"".join(pieces)).digest() == hashlib.sha256(data).digest()
    assert max(map(len, pieces), default=0) <= 2 * PART_BYTES
    path.write_bytes(data[:-1] + b"!")
    with pytest.raises(ConflictError):
        store.put_file("files/one", path)


def held(found):
    return {one.name: one.holds for one in found}


def test_a_locked_bucket_keeps_every_promise_and_nothing_is_left_of_the_probes(s3):
    settings = bucket_settings(s3, "locked")
    storage = open_storage(settings)
    found = promises.examine(storage, settings, now=datetime.now(UTC))
    assert held(found) == dict.fromkeys(("create-only", "checksum", "versions", "lock"), True), found
    assert promises.is_locked(found) and promises.in_words(found).startswith("locked")
    assert list(storage.keys("selftest/")) == []


def test_a_plain_bucket_is_not_called_locked(s3):
    settings = bucket_settings(s3, "plain")
    found = promises.examine(open_storage(settings), settings, now=datetime.now(UTC))
    assert held(found) == {"create-only": True, "checksum": True, "versions": False, "lock": False}
    assert promises.in_words(found) == "not locked: holds create-only, checksum; lacks versions, lock"


def test_a_folder_is_not_called_locked(tmp_path):
    settings = load_settings(storage_url=f"file://{tmp_path}/artifacts")
    found = promises.examine(open_storage(settings), settings, now=datetime.now(UTC))
    assert held(found) == {"create-only": True, "checksum": False, "versions": False, "lock": False}


def test_a_wrong_secret_opens_nothing(s3):
    settings = bucket_settings(s3, "plain", s3_secret_key="wrong")
    with pytest.raises(Exception, match="403|[Pp]ermission|denied|Signature"):
        open_storage(settings).put("x", b"x")


def test_a_store_that_overwrites_is_found_out(tmp_path):
    """A store of the Protocol that breaks its first promise, as some S3 servers do."""

    class Careless:
        def __init__(self):
            self.held = {}

        def put(self, key, data):
            self.held[key] = data

        def get(self, key):
            return self.held[key]

        def delete(self, key):
            self.held.pop(key, None)

    careless = Careless()
    settings = load_settings(storage_url=f"file://{tmp_path}")
    found = promises.examine(careless, settings, now=datetime.now(UTC))
    assert not found[0].holds and careless.held == {}
    assert not promises.is_locked([found[0]])
