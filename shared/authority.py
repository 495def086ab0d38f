"""The site's own certificate authority: made at set-up, it signs one certificate for each server inside.

A folder holds it under `authority/`, and below its own name each server's files, so that they can be given to
that server alone: `ca.pem`, `certificate.pem`, `key.pem`, and `both.pem`, which is the two together.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from shared.errors import InvalidInputError

AUTHORITY_DAYS, SERVER_DAYS = 3650, 397
RENEW_DAYS = 60  # before its end a certificate is written anew
_SKEW = timedelta(hours=1)  # clocks of hosts differ
_FILES = ("ca.pem", "certificate.pem", "key.pem", "both.pem")
_BOTH_ENDS = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)


class AuthorityError(InvalidInputError):
    """The authority's files cannot be used."""

    code = "bad_authority"


def keep(folder: Path, names: list[str], *, now: datetime) -> list[str]:
    """Make what is missing or ends soon; what stands stays byte for byte.

    Args:
        folder: where everything lies; private folders are made in it.
        names: host names of the servers; each is called so by its clients.
        now: the time of the certificates, with a zone.

    Returns:
        The names whose certificate was written.

    Raises:
        AuthorityError: a name cannot be a host's, or of the authority's key and certificate one is gone.
    """
    for name in names:
        if not name.replace("-", "").replace(".", "").isalnum():
            raise AuthorityError(f"{name} is no host name", field="name", fix="like postgres or model-server")
    key, root = _authority(folder / "authority", now)
    written = [name for name in names if not _stands(folder / name, root, now=now)]
    for name in written:
        _issue(folder / name, name, signer=(key, root), now=now)
    return written


def ends(certificate: Path) -> datetime:
    """When a certificate ends; UTC."""
    return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc


def _authority(folder: Path, now: datetime) -> tuple[EllipticCurvePrivateKey, x509.Certificate]:
    key_file, root_file = folder / "key.pem", folder / "ca.pem"
    if root_file.exists() != key_file.exists():
        raise AuthorityError(
            f"of {key_file} and {root_file} only one is there",
            field="folder",
            fix="bring both back, or remove both and every server's folder to begin anew",
        )
    if root_file.exists():
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        assert isinstance(key, EllipticCurvePrivateKey)
        return key, x509.load_pem_x509_certificate(root_file.read_bytes())
    key = generate_private_key(SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Rounds, this site's own authority")])
    built = (
        _begun(who, key, days=AUTHORITY_DAYS, now=now)
        .issuer_name(who)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    root = built.sign(key, hashes.SHA256())
    _write(key_file, _private(key))
    _write(root_file, _public(root))
    return key, root


def _issue(
    place: Path, name: str, *, signer: tuple[EllipticCurvePrivateKey, x509.Certificate], now: datetime
) -> None:
    key, (authority, root) = generate_private_key(SECP256R1()), signer
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        _begun(who, key, days=SERVER_DAYS, now=now)
        .issuer_name(root.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(_BOTH_ENDS), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False
        )
    )
    certificate = built.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = _private(key)
    for file, data in zip(_FILES, (_public(root), certificate, private, certificate + private), strict=True):
        _write(place / file, data)


def _begun(
    who: x509.Name, key: EllipticCurvePrivateKey, *, days: int, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - _SKEW)
        .not_valid_after(now.astimezone(UTC) + timedelta(days=days))
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _stands(place: Path, root: x509.Certificate, *, now: datetime) -> bool:
    """Whether a server's files are all there, of this authority, and good for a while."""
    if not all((place / file).exists() for file in _FILES):
        return False
    found = x509.load_pem_x509_certificate((place / "certificate.pem").read_bytes())
    try:
        found.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature):
        return False  # another authority's
    return found.not_valid_after_utc - now > timedelta(days=RENEW_DAYS)


def _public(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(file: Path, data: bytes) -> None:
    """Put the file there whole, readable by nobody else from its first byte."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)
