"""`rounds models export`, `rounds models import`: versions as plain folders, and models from elsewhere."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rounds.show import AsJson, show_record
from rounds.site import Site, site

if TYPE_CHECKING:
    from shared.backends.base import Fitted, Naming
    from shared.registry.attempts import Weights
    from shared.registry.tables import ModelVersion

Out = Annotated[Path, typer.Option(help="A folder to write; it must not exist.")]


def export(
    model_version: str,
    *,
    out: Out,
    merged: Annotated[bool, typer.Option("--merged", help="With its base, as one plain model.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a version's files for plain transformers and peft; the export is audited."""
    from rounds import model_folder
    from shared.registry import audit, models

    here = site()
    with here.sessions.begin() as session:
        version = models.by_name(session, model_version)
        family = models.model_type(session, version.model_type).family
        answer = model_folder.write(here, version, family, out=out, merged=merged)
        subject = ("model_versions", version.id)
        audit.write(session, act="export", subject=subject, actor=here.actor, at=here.now, details=answer)
    show_record({"model_version": model_version, "folder": str(out)} | answer, as_json=as_json)


def bring_in(  # noqa: PLR0913 - one parameter an option
    source: Annotated[str, typer.Argument(help="A folder, or a hub id in the local cache.")],
    *,
    model_type: Annotated[str, typer.Option(help="Which question it answers.")] = "diagnosis",
    labels: Annotated[
        Path | None, typer.Option(help="The labels in the model's order, one a line; else its own.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Sealed version that judges it; else the newest.")
    ] = None,
    deploy: Annotated[bool, typer.Option(help="Let it challenge once it has passed the gate.")] = True,
    as_json: AsJson = False,
) -> None:
    """Make a version of a model that was trained elsewhere; the gate judges it like any other."""
    from shared.backends import adoption, backend_for
    from shared.registry import adoptions, models

    here = site()
    with here.sessions() as session:
        family = models.model_type(session, model_type).family
    naming = _naming(here, model_type, _lines(labels))
    base, fitted = adoption.adopt(backend_for(family, here.settings), source, naming)
    weights = _stored(here, fitted)
    wish = adoptions.Adoption(model_type, base, dataset, source, weights, auto_deploy=deploy)
    with here.sessions.begin() as session:
        version = adoptions.register(session, wish, now=here.now, actor=here.actor)
        answer = _answer(version)
    show_record(answer, as_json=as_json)


def _answer(version: "ModelVersion") -> dict[str, Any]:
    told = ("state", "digest", "base", "base_digest", "labels", "job_id")
    return {"model_version": version.name} | {name: getattr(version, name) for name in told}


def _stored(here: Site, fitted: "Fitted") -> "Weights":
    import json

    from shared.backends.files import store
    from shared.registry.attempts import Weights

    key = store(here.storage, fitted.files)
    return Weights(
        digest=key.split("/")[1],
        artifact_key=key,
        fingerprint=fitted.fingerprint,
        base_digest=fitted.base_digest,
        labels=json.loads(fitted.files["rounds.json"])["labels"],
    )


def _lines(path: Path | None) -> list[str] | None:
    return path.read_text().splitlines() if path else None


def _naming(here: Site, model_type: str, spoken: Sequence[str] | None) -> "Naming":
    """From a model's labels to the site's: by name, alias or code, never by guess."""
    from shared.domain.labels import LabelSpace
    from shared.errors import InvalidInputError
    from shared.registry import labels

    with here.sessions() as session:
        space = LabelSpace.of(labels.of(session, model_type))

    def naming(own: Sequence[str]) -> list[str]:
        said = spoken or own
        if len(said) != len(own):
            raise InvalidInputError(f"the model has {len(own)} labels, not {len(said)}", field="labels")
        found = [space.find(label) for label in said]
        unknown = [label for label, known in zip(said, found, strict=True) if known is None]
        if unknown:
            fix = "name them in the model's order with --labels FILE, or add them to the label space"
            told = ", ".join(unknown[:5])
            raise InvalidInputError(
                f"{len(unknown)} labels are not the site's: {told}", field="labels", fix=fix
            )
        return [known for known in found if known is not None]

    return naming
