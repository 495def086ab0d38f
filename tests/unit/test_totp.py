"""Codes of a second factor, by the vectors of the standard."""

from urllib.parse import parse_qs, urlsplit

import pytest

from shared.domain.totp import address, code, matching_step, step_of

SECRET = b"12345678901234567890"
NOW = 1_111_111_109.9
STEP = 37_037_036


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_the_vectors_of_rfc_6238(seconds, shown):
    assert code(SECRET, step_of(seconds), digits=8) == shown
    assert code(SECRET, step_of(seconds)) == shown[2:]


def test_a_step_is_half_a_minute():
    assert [step_of(seconds) for seconds in (0, 29.99, 30, 59.99)] == [0, 0, 1, 1]
    assert step_of(NOW) == STEP


@pytest.mark.parametrize("drift", [-1, 0, 1])
def test_a_clock_may_be_one_step_away(drift):
    shown = code(SECRET, STEP + drift)
    assert matching_step(SECRET, f" {shown}\n", seconds=NOW, after=0) == STEP + drift


@pytest.mark.parametrize("drift", [-2, 2])
def test_and_no_further(drift):
    assert matching_step(SECRET, code(SECRET, STEP + drift), seconds=NOW, after=0) is None


def test_a_code_is_taken_once_and_an_older_one_never_again():
    shown = code(SECRET, STEP)
    assert matching_step(SECRET, shown, seconds=NOW, after=STEP - 1) == STEP
    assert matching_step(SECRET, shown, seconds=NOW, after=STEP) is None
    assert matching_step(SECRET, code(SECRET, STEP - 1), seconds=NOW, after=STEP) is None


def test_another_secret_has_other_codes():
    assert matching_step(b"another", code(SECRET, STEP), seconds=NOW, after=0) is None


def test_an_app_reads_the_secret_the_site_and_the_name():
    read = urlsplit(address(b"\x00" * 11, name="ana@site", site="St. Ann"))
    assert (read.scheme, read.netloc, read.path) == ("otpauth", "totp", "/St.%20Ann:ana%40site")
    assert parse_qs(read.query) == {"secret": ["AAAAAAAAAAAAAAAAAA"], "issuer": ["St. Ann"]}
    assert "issuer=Rounds" in address(SECRET, name="ana")
