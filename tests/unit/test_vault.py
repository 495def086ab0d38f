from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.vault import SecretFileError, Vault, open_vault

VAULT = Vault(bytes(range(32)))


@given(st.binary(max_size=500))
def test_what_was_sealed_opens_again(plain):
    assert VAULT.open(VAULT.seal(plain, "case"), "case") == plain


@given(st.integers(0, 40), st.integers(0, 7))
def test_one_altered_bit_is_found(byte, bit):
    sealed = bytearray(VAULT.seal(b"fever and cough", "case"))
    sealed[byte % len(sealed)] ^= 1 << bit
    with pytest.raises(SecretFileError):
        VAULT.open(bytes(sealed), "case")


def test_a_purpose_does_not_open_another():
    with pytest.raises(SecretFileError):
        VAULT.open(VAULT.seal(b"x", "case"), "prediction")


def test_the_same_plain_text_is_never_sealed_alike():
    assert VAULT.seal(b"x", "case") != VAULT.seal(b"x", "case")


def test_racing_starts_agree_on_one_secret(tmp_path):
    file = tmp_path / "keys" / "site.secret"
    with ThreadPoolExecutor(8) as pool:
        hashes = set(pool.map(lambda _: open_vault(file).keyed_hash("x", "split"), range(16)))
    assert len(hashes) == 1
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["site.secret"]


def test_a_readable_secret_is_refused(tmp_path):
    file = tmp_path / "site.secret"
    file.write_bytes(bytes(32))
    file.chmod(0o644)
    with pytest.raises(SecretFileError, match="readable by others"):
        open_vault(file)


def test_a_short_secret_is_refused(tmp_path):
    file = tmp_path / "site.secret"
    file.write_bytes(b"short")
    file.chmod(0o600)
    with pytest.raises(SecretFileError, match="fewer than 32"):
        open_vault(file)
