"""A file of weights is data: nothing of ours unpickles, and what hides a program in it is refused unread."""

import ast
import io
import json
import os
import pickle
import struct
import zipfile
from pathlib import Path

import pytest
from safetensors import SafetensorError, safe_open

ROOT = Path(__file__).parents[2]
OURS = (
    "shared",
    "api_service",
    "worker_collection",
    "worker_training",
    "deployer_service",
    "rounds",
    "migrations",
)
BANNED_CALLS = {"eval", "exec", "compile", "__import__"}
BANNED_MODULES = {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "marshal", "shelve", "yaml"}
BANNED_ATTRIBUTES = {("torch", "load"), ("torch", "save"), ("os", "system"), ("os", "popen")}
SOURCES = [path for name in OURS for path in sorted((ROOT / name).rglob("*.py"))]


def faults(source: str) -> list[str]:
    """What a program could be run by, as the tree of the source has it."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [one.name for one in node.names if one.name.split(".")[0] in BANNED_MODULES]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in BANNED_MODULES:
            found.append(str(node.module))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BANNED_CALLS:
            found.append(node.func.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found += [node.attr] if (node.value.id, node.attr) in BANNED_ATTRIBUTES else []
        elif isinstance(node, ast.keyword) and node.arg in {"trust_remote_code", "allow_pickle", "shell"}:
            value = node.value
            found += [] if isinstance(value, ast.Constant) and value.value is False else [str(node.arg)]
    return found


def test_nothing_of_ours_runs_what_a_file_says():
    assert len(SOURCES) > 400
    told = {str(path.relative_to(ROOT)): faults(path.read_text()) for path in SOURCES}
    assert {name: found for name, found in told.items() if found} == {}


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(path)",
        "np.load(f, allow_pickle=True)",
        "AutoModel.from_pretrained(x, trust_remote_code=True)",
        "eval(text)",
        "subprocess.run(x, shell=True)",
    ],
)
def test_the_look_finds_what_it_is_for(line):
    assert faults(line)


class Bomb:
    """Unpickled, it leaves a mark."""

    def __reduce__(self):
        return os.mkdir, (str(Bomb.mark),)


def header(said: dict | bytes, size: int | None = None) -> bytes:
    raw = said if isinstance(said, bytes) else json.dumps(said).encode()
    return struct.pack("<Q", len(raw) if size is None else size) + raw


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps(Bomb()))
    return out.getvalue()


TENSOR = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
CORPUS = {
    "a pickle": lambda: pickle.dumps(Bomb()),
    "an archive of torch": zipped,
    "nothing": lambda: b"",
    "a header beyond the file": lambda: header({}, size=1 << 40),
    "a header of a gigabyte": lambda: header(b"{}", size=1 << 30),
    "a header that is no text": lambda: header(b"\xff\xfe{}"),
    "a header that is a list": lambda: header(b"[]"),
    "a tensor beyond the file": lambda: header({"w": TENSOR | {"data_offsets": [0, 1 << 30]}}) + b"0000",
    "a tensor before its start": lambda: header({"w": TENSOR | {"data_offsets": [4, 0]}}) + b"0000",
    "a shape that is not its bytes": lambda: header({"w": TENSOR | {"shape": [9]}}) + b"0000",
    "a shape that overflows": lambda: header({"w": TENSOR | {"shape": [1 << 62, 1 << 62]}}) + b"0000",
    "a type that is none": lambda: header({"w": TENSOR | {"dtype": "OBJ"}}) + b"0000",
    "a program behind the tensors": lambda: header({"w": TENSOR}) + b"0000" + pickle.dumps(Bomb()),
}


@pytest.mark.parametrize("name", CORPUS)
def test_what_hides_in_a_file_of_weights_is_refused_and_never_run(tmp_path, name):
    Bomb.mark = tmp_path / "it-ran"
    path = tmp_path / "adapter.safetensors"
    path.write_bytes(CORPUS[name]())
    with pytest.raises((SafetensorError, ValueError, OSError)), safe_open(path, framework="numpy") as file:
        for key in file.keys():  # noqa: SIM118 - the reader is no mapping
            file.get_tensor(key)
    assert not Bomb.mark.exists()
