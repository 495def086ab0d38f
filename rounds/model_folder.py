"""A version as a folder that plain transformers and peft load, with a page that says how."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from rounds.site import Site
from shared.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.registry.tables import ModelVersion

README = """# {name}

{family} of the model type {model_type}, exported from Rounds. Digest {digest}.

Base model: {base} (digest {base_digest}).
Labels, in order: {labels}

{how}
"""
HOW_ADAPTER = """The adapter lies in the format of peft:

    from peft import PeftModel
    model = PeftModel.from_pretrained(base_model, "this folder")

`rounds.json` holds the recipe, the calibration and the probe answers{head}. Another Rounds takes the folder
with `rounds models import`."""
HOW_MERGED = """Base and adapter are one: `transformers.AutoModel.from_pretrained("this folder")`{head}."""
HOW_OLLAMA = """Base and adapter are one: `transformers.AutoModelForCausalLM.from_pretrained("this folder")`.
For Ollama, under a tag that names these bytes:

    ollama create {tag} -f Modelfile

It writes its answer freely. Only Rounds holds it to the labels and tells how sure it is."""
HEAD = "; `head.safetensors` is the linear head"


def write(here: Site, version: "ModelVersion", family: str, *, out: Path, merged: bool) -> dict[str, object]:
    """Write the folder whole or not at all, and answer what it holds.

    Raises:
        ConflictError: `out` exists.
        InvalidInputError: the version cannot be merged.
    """
    from shared.backends.files import fetch

    if out.exists():
        raise ConflictError(f"{out} exists", field="out", fix="name a folder that does not exist")
    files = fetch(here.storage, version.digest)
    scratch = out.with_name(f".{out.name}.half")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True, mode=0o700)
    try:
        answer = _fill(here, version, family, files=files, out=scratch, merged=merged)
        scratch.rename(out)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return answer


def _fill(  # noqa: PLR0913
    here: Site,
    version: "ModelVersion",
    family: str,
    *,
    files: "Mapping[str, bytes]",
    out: Path,
    merged: bool,
) -> dict[str, object]:
    from shared.backends import adoption, backend_for
    from shared.backends.merging import merge

    facts = {
        "name": version.name,
        "model_type": version.model_type,
        "family": family,
        "digest": version.digest,
        "base": version.base,
        "base_digest": version.base_digest,
        "labels": ", ".join(version.labels),
    }
    head = HEAD if "head.safetensors" in files else ""
    if merged:
        base = backend_for(family, here.settings).base_folder(version.base)
        merge(files, base, out)
        if head:
            (out / "head.safetensors").write_bytes(files["head.safetensors"])
    else:
        adoption.write(out, files, facts | {"fingerprint": version.fingerprint})
    how = (HOW_MERGED if merged else HOW_ADAPTER).format(head=head)
    if merged and family == "causal_lm":
        how = _for_ollama(version, files, out)
    (out / "README.md").write_text(README.format(**facts, how=how))
    return {"digest": version.digest, "merged": merged}


def _for_ollama(version: "ModelVersion", files: "Mapping[str, bytes]", out: Path) -> str:
    """Leave a Modelfile there, and answer what the page says of it."""
    from shared.backends.causal_lm.ollama import modelfile

    (out / "Modelfile").write_text(modelfile(files))
    return HOW_OLLAMA.format(tag=f"{version.model_type}:{version.digest[:12]}")
