"""The key that signs audit checkpoints: made once by the part that signs, never opened by the API."""

import base64
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from shared.config import Settings
from shared.errors import InvalidInputError, NotFoundError
from shared.secret_file import is_open_to_others, make_once


class SigningKeyError(InvalidInputError):
    """The signing key cannot be used as it stands."""

    code = "signing_key"


class Signer:
    """Signs with the site's Ed25519 key; the key itself never leaves."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def sign(self, statement: bytes) -> str:
        """The signature, as base64."""
        return base64.b64encode(self._key.sign(statement)).decode()

    def public_pem(self) -> bytes:
        """The public half, to hand out."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def key_file(settings: Settings) -> Path:
    """Where the private half lies."""
    return settings.root / "keys" / "audit.key"


def public_file(settings: Settings) -> Path:
    """Where the public half lies."""
    return settings.root / "keys" / "audit.pub"


def open_signer(settings: Settings) -> Signer:
    """Read the site's key; at the first start make it, mode 0600, with its public half beside it.

    Raises:
        SigningKeyError: the file is readable by others, or holds no Ed25519 key.
    """
    path = key_file(settings)
    if not path.exists():
        made = Ed25519PrivateKey.generate()
        make_once(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    if is_open_to_others(path):
        raise SigningKeyError(f"{path} is readable by others", fix=f"chmod 600 {path}")
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyError(f"{path} holds no Ed25519 key", fix="restore the file from the backup")
    signer = Signer(key)
    public = public_file(settings)
    if not public.exists() or public.read_bytes() != signer.public_pem():
        public.touch(mode=0o600)
        public.write_bytes(signer.public_pem())
    return signer


def public_pem(settings: Settings) -> bytes:
    """The public half.

    Raises:
        NotFoundError: this site has signed nothing yet.
    """
    path = public_file(settings)
    if not path.exists():
        raise NotFoundError(f"there is no {path}", field="public_key", fix="start the stack once")
    return path.read_bytes()
