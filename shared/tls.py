"""TLS between the parts of a site: one authority of its own, and nobody else is believed."""

import ssl
from pathlib import Path

from shared.errors import InvalidInputError


class CertificateError(InvalidInputError):
    """A certificate or key cannot be used."""

    code = "bad_certificate"


def client_context(authority: Path | None) -> ssl.SSLContext:
    """How our clients ask: TLS 1.3, and the server shows a certificate of `authority` for its name.

    Args:
        authority: its certificate, PEM; without one the machine's own list is believed.

    Raises:
        CertificateError: the file is missing or no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=None if authority is None else str(authority))
    except (OSError, ssl.SSLError):
        raise _unusable(authority, field="ROUNDS_TLS_AUTHORITY") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def server_context(certificate: Path) -> ssl.SSLContext:
    """How our own servers answer: TLS 1.3 with the certificate and key of one PEM file.

    Raises:
        CertificateError: the file is missing, or holds no certificate with its key.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(certificate)
    except (OSError, ssl.SSLError):
        raise _unusable(certificate, field="ROUNDS_TLS_CERTIFICATE") from None
    return context


def _unusable(path: Path | None, *, field: str) -> CertificateError:
    return CertificateError(
        f"{path} cannot be used for TLS", field=field, fix="write it anew with `rounds authority`"
    )
