"""The evidence of a period as a signed folder: a page, its numbers, the records they come from, the trail."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Date, Select, cast, func, select
from sqlalchemy.orm import Session

from rounds.audit_files import write_files
from shared.domain.pack import FIELDS, Records, summarise
from shared.domain.pack_page import as_page
from shared.domain.pack_pdf import as_pdf
from shared.errors import InvalidInputError
from shared.registry import tables
from shared.signing import Signer
from shared.verifier import canonical, public_key

TABLES: Mapping[str, tuple[type[tables.Table], str]] = {
    "evidence_records": (tables.EvidenceRecord, "at"),
    "gate_decisions": (tables.GateDecision, "created_at"),
    "model_performance": (tables.ModelPerformance, "created_at"),
    "model_versions": (tables.ModelVersion, "created_at"),
    "dataset_versions": (tables.DatasetVersion, "sealed_at"),
    "training_jobs": (tables.TrainingJob, "created_at"),
    "traffic_plans": (tables.TrafficPlan, "effective_at"),
    "approvals": (tables.Approval, "created_at"),
    "policies": (tables.PolicyVersion, "created_at"),
    "alerts": (tables.Alert, "opened_at"),
    "withdrawals": (tables.Withdrawal, "created_at"),
}
ALWAYS = ("model_versions", "policies")  # in force or named in the period, whenever they were made
MANIFEST, SIGNATURE, SUMMARY = "manifest.json", "manifest.sig", "summary.json"
PAGE, PRINT = "index.html", "evidence.pdf"
Period = tuple[datetime, datetime]


class BrokenPackError(InvalidInputError):
    """A folder is no evidence pack."""

    code = "broken_pack"


def write(
    session: Session, out: Path, period: Period, *, signer: Signer, site: str, version: str
) -> dict[str, Any]:
    """Write the pack into a folder that is made; answers its manifest.

    Raises:
        InvalidInputError: the period ends before it begins.
        FileExistsError: the folder exists.
    """
    start, end = (instant.astimezone(UTC) for instant in period)
    if end <= start:
        raise InvalidInputError("the period ends before it begins", field="to", fix="give a later instant")
    write_files(session, out, public_pem=signer.public_pem())
    (out / "records").mkdir(mode=0o700)
    records = {name: list(_rows(session, name, (start, end))) for name in FIELDS}
    for name, rows in records.items():
        (out / "records" / f"{name}.jsonl").write_text("".join(f"{canonical(row)}\n" for row in rows))
    summary = json.loads(canonical(summarise(records)))
    spoken = (start.isoformat(), end.isoformat())
    (out / SUMMARY).write_text(json.dumps(summary, indent=1, sort_keys=True) + "\n")
    (out / PAGE).write_text(as_page(summary, period=spoken, site=site))
    (out / PRINT).write_bytes(as_pdf(summary, period=spoken, site=site))
    manifest: dict[str, Any] = {"site": site, "version": version, "from": spoken[0], "to": spoken[1]}
    manifest |= {"files": {name: _sha256(out / name) for name in _names(out)}}
    (out / MANIFEST).write_text(canonical(manifest))
    (out / SIGNATURE).write_text(signer.sign(canonical(manifest).encode()))
    return manifest


def faults(folder: Path) -> Iterator[str]:
    """One sentence for each thing in a pack that is not as it was signed, or does not follow from records.

    Raises:
        BrokenPackError: the folder is no pack.
    """
    try:
        raw, signature = (folder / MANIFEST).read_bytes(), (folder / SIGNATURE).read_text()
        manifest = json.loads(raw)
        key = public_key((folder / "public_key.pem").read_bytes())
        files = dict(manifest["files"])
        period, site = (manifest["from"], manifest["to"]), manifest["site"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BrokenPackError(
            f"{folder} is no evidence pack: {type(error).__name__}", field="pack", fix="name the whole folder"
        ) from None
    if not _is_signed(key, raw, signature):
        yield "the manifest bears no signature of this site"
    present = set(_names(folder)) - {MANIFEST, SIGNATURE}
    yield from (f"{name} is missing" for name in sorted(files.keys() - present))
    yield from (f"{name} was added" for name in sorted(present - files.keys()))
    for name in sorted(files.keys() & present):
        if _sha256(folder / name) != files[name]:
            yield f"{name} is not as it was signed"
    yield from _what_does_not_follow(folder, period=period, site=site)


def _what_does_not_follow(folder: Path, *, period: tuple[str, str], site: str) -> Iterator[str]:
    """Every number again, from the records."""
    try:
        records: Records = {
            name: [json.loads(line) for line in (folder / "records" / f"{name}.jsonl").open()]
            for name in FIELDS
        }
        again = json.loads(canonical(summarise(records)))
        told, page = json.loads((folder / SUMMARY).read_text()), (folder / PAGE).read_text()
        printed = (folder / PRINT).read_bytes()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        yield f"the summary cannot be computed again: {type(error).__name__}"
        return
    for part in again:
        if told.get(part) != again[part]:
            yield f"{part} of the summary does not follow from the records"
    if page != as_page(again, period=period, site=site):
        yield f"{PAGE} does not follow from the records"
    if printed != as_pdf(again, period=period, site=site):
        yield f"{PRINT} does not follow from the records"


def _rows(session: Session, name: str, period: Period) -> Iterator[dict[str, Any]]:
    for row in session.execute(_chosen(name, period)).mappings():
        yield {key: _plain(row[key]) for key in FIELDS[name]}


def _chosen(name: str, period: Period) -> Select[*tuple[Any, ...]]:
    if name == "exposures":
        made = tables.Prediction
        day = cast(func.timezone("UTC", made.at), Date)
        return (
            select(made.model_version_id, day.label("day"), made.slot, func.count().label("answers"))
            .where(made.at >= period[0], made.at < period[1])
            .group_by(made.model_version_id, day, made.slot)
            .order_by(day, made.model_version_id, made.slot)
        )
    table, instant = TABLES[name]
    columns = [getattr(table, key) for key in FIELDS[name]]
    at = getattr(table, instant)
    rows = select(*columns).order_by(at, *columns[:1])
    return rows if name in ALWAYS else rows.where(at >= period[0], at < period[1])


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if value is None or isinstance(value, (bool, int, float, str, list, dict)):
        return value
    return str(value)


def _is_signed(key: Any, raw: bytes, signature: str) -> bool:  # noqa: ANN401 - an Ed25519PublicKey
    import base64

    from cryptography.exceptions import InvalidSignature

    try:
        signed = base64.b64decode(signature, validate=True)
        key.verify(signed, raw)
    except (InvalidSignature, ValueError):
        return False
    return base64.b64encode(signed).decode() == signature  # no other spelling of the same bytes


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
