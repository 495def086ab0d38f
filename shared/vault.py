"""The site's secret and what is derived from it: sealed bytes at rest, keyed hashes for splits and arms."""

import hmac
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.errors import InvalidInputError
from shared.secret_file import is_open_to_others, make_once

_NONCE_BYTES = 12
_SECRET_BYTES = 32


class SecretFileError(InvalidInputError):
    """The site secret cannot be used as it stands."""

    code = "site_secret"


class Vault:
    """Seals text and images with AES-256-GCM and answers keyed hashes; the secret itself never leaves.

    Every use names a purpose, and each purpose has a key of its own.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._keys: dict[str, bytes] = {}

    def seal(self, plain: bytes, purpose: str) -> bytes:
        """Encrypt; the answer is nonce and ciphertext, and differs at each call."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._key(purpose)).encrypt(nonce, plain, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Decrypt what `seal` made for the same purpose.

        Raises:
            SecretFileError: the bytes were altered or belong to another site.
        """
        nonce, body = bytes(sealed[:_NONCE_BYTES]), bytes(sealed[_NONCE_BYTES:])
        try:
            return AESGCM(self._key(purpose)).decrypt(nonce, body, purpose.encode())
        except InvalidTag:
            raise SecretFileError(
                "sealed data does not open with this site's secret", fix="restore the secret that sealed it"
            ) from None

    def keyed_hash(self, message: str, purpose: str) -> bytes:
        """HMAC-SHA256 of `message` under the key of `purpose`, 32 bytes."""
        return hmac.digest(self._key(purpose), message.encode(), "sha256")

    def _key(self, purpose: str) -> bytes:
        key = self._keys.get(purpose)
        if key is None:
            derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"rounds:{purpose}".encode())
            key = self._keys[purpose] = derive.derive(self._secret)
        return key


def open_vault(secret_file: Path) -> Vault:
    """Read the site secret; at the first start of a site make it, mode 0600.

    Raises:
        SecretFileError: the file is readable by others or too short.
    """
    if not secret_file.exists():
        make_once(secret_file, secrets.token_bytes(_SECRET_BYTES))
    if is_open_to_others(secret_file):
        raise SecretFileError(f"{secret_file} is readable by others", fix=f"chmod 600 {secret_file}")
    secret = secret_file.read_bytes()
    if len(secret) < _SECRET_BYTES:
        raise SecretFileError(f"{secret_file} holds fewer than {_SECRET_BYTES} bytes", fix="restore the file")
    return Vault(secret)
