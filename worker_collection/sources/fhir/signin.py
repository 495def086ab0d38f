"""Signing in at a FHIR server: a token from a file, or SMART backend services with a key of the site."""

import base64
import json
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from shared.errors import InvalidInputError
from worker_collection.mapping import FhirTerms

Ask = Callable[..., Any]
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIFETIME_SECONDS = 240
_EARLY_SECONDS = 30


class SignIn:
    """The bearer token of one source, fetched when it is first needed and again before it runs out.

    Tokens are dated by the server's clock, which is the real one, whatever clock the site plays.
    """

    def __init__(
        self, base: str, terms: FhirTerms, ask: Ask, *, now: Callable[[], float] = time.time
    ) -> None:
        self._base, self._terms, self._ask, self._now = base, terms, ask, now
        self._token, self._until = "", 0.0

    def headers(self) -> dict[str, str]:
        """What a request carries; nothing for a server that asks for nothing."""
        if self._terms.token_file is not None:
            return {"Authorization": f"Bearer {_read(self._terms.token_file, 'token_file').strip()}"}
        if self._terms.key_file is None:
            return {}
        if self._now() >= self._until:
            self._fetch()
        return {"Authorization": f"Bearer {self._token}"}

    def forget(self) -> None:
        """Ask for another token at the next request: the server did not take this one."""
        self._until = 0.0

    def _fetch(self) -> None:
        url = self._terms.token_url or self._discovered()
        wish = {
            "grant_type": "client_credentials",
            "scope": self._terms.scope,
            "client_assertion_type": _ASSERTION,
            "client_assertion": self._assertion(url),
        }
        answer = self._ask(url, body=urlencode(wish).encode())
        if not isinstance(answer, Mapping) or not answer.get("access_token"):
            raise InvalidInputError("the token server gave no token", field="mapping.fhir.token_url")
        self._token = str(answer["access_token"])
        self._until = self._now() + float(answer.get("expires_in") or 60) - _EARLY_SECONDS

    def _discovered(self) -> str:
        found = self._ask(f"{self._base}/.well-known/smart-configuration")
        if not isinstance(found, Mapping) or not found.get("token_endpoint"):
            raise InvalidInputError(
                "the server names no token address", field="mapping.fhir.token_url", fix="set token_url"
            )
        return str(found["token_endpoint"])

    def _assertion(self, audience: str) -> str:
        terms, now = self._terms, int(self._now())
        key = _key(terms.key_file or Path())
        head = {
            "alg": "RS384" if isinstance(key, rsa.RSAPrivateKey) else "ES384",
            "typ": "JWT",
            "kid": terms.key_id,
        }
        claims: dict[str, Any] = {"iss": terms.client_id, "sub": terms.client_id, "aud": audience}
        claims |= {"exp": now + _LIFETIME_SECONDS, "iat": now, "jti": secrets.token_urlsafe(24)}
        signed = f"{_part(json.dumps(head).encode())}.{_part(json.dumps(claims).encode())}"
        return f"{signed}.{_part(_signature(key, signed.encode()))}"


def _signature(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, signed: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(signed, padding.PKCS1v15(), SHA384())
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(SHA384())))
    return r.to_bytes(48, "big") + s.to_bytes(48, "big")


def _key(path: Path) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(_read(path, "key_file").encode(), password=None)
    except (ValueError, TypeError):
        raise InvalidInputError(
            "the key file is no private key in PEM", field="mapping.fhir.key_file"
        ) from None
    is_p384 = isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp384r1"
    if not isinstance(key, rsa.RSAPrivateKey) and not is_p384:
        raise InvalidInputError(
            "the key is neither RSA nor P-384", field="mapping.fhir.key_file", fix="RS384 or ES384"
        )
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return key


def _read(path: Path, field: str) -> str:
    try:
        return path.read_text()
    except OSError:
        raise InvalidInputError("the file cannot be read", field=f"mapping.fhir.{field}") from None


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
