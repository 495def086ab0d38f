"""The air-gap drill: from a folder of wheels to a turned circle, in a network namespace without a way out.

`python -m bench.airgap [FOLDER]`, which `make airgap` fills first. Needs Linux and the right to unshare.
"""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.figures import at_most, keep

ROOT = Path(__file__).parents[1]
INSIDE = "--inside"
GOAL_SECONDS = 480.0
ELSEWHERE = ("192.0.2.1", 443)  # an address of nobody, RFC 5737
STEPS_SECONDS = 900


def main(arguments: Sequence[str]) -> int:
    """Enter the namespace, or play the drill inside it; 1 when a step fails."""
    folder = Path(next((one for one in arguments if one != INSIDE), ROOT / "wheelhouse")).resolve()
    if INSIDE not in arguments:
        if not (folder / "requirements.txt").is_file():
            sys.exit(f"{folder} is no wheelhouse: fill it with `make wheelhouse`")
        return enter(folder)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    scratch = Path(tempfile.mkdtemp(prefix="rounds-airgap-"))
    try:
        return drill(folder, scratch)
    finally:
        shutil.rmtree(scratch)


def enter(folder: Path) -> int:
    """Start over in a namespace of its own, as root of it where we are nobody special."""
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    inside = ["unshare", *rights, "--net", sys.executable, "-m", "bench.airgap", INSIDE, str(folder)]
    return subprocess.run(inside, cwd=ROOT, check=False).returncode


def drill(folder: Path, scratch: Path) -> int:
    """No way out; a wrong wheel is refused; install; the bills are there; the circle turns."""
    took: dict[str, float] = {}
    for name, step in (
        ("no route leads out", cut_off),
        ("a wheel with another hash is refused", lambda: altered(folder, scratch)),
        ("installation from the folder alone", lambda: install(folder, scratch)),
        ("both bills of materials are in the wheel", lambda: bills(folder)),
        ("the circle turns: rounds demo", lambda: demo(scratch)),
    ):
        began = time.monotonic()
        step()
        took[name] = time.monotonic() - began
        print(f"{name:<44} {took[name]:8.1f} s", flush=True)
    cold = took["installation from the folder alone"] + took["the circle turns: rounds demo"]
    return keep("airgap", [at_most("cold install to a turned circle", cold, "s", goal=GOAL_SECONDS)])


def cut_off() -> None:
    """A packet to anywhere has no route."""
    try:
        socket.create_connection(ELSEWHERE, 3).close()
    except OSError as error:
        print(f"    {error.strerror or error}")
        return
    sys.exit("the namespace has a way out")


def altered(folder: Path, scratch: Path) -> None:
    """One byte more in one wheel: pip names the package and installs nothing."""
    other = scratch / "altered"
    other.mkdir()
    for file in folder.iterdir():
        (other / file.name).symlink_to(file)
    victim = next(other.glob("certifi-*.whl"))
    content = victim.read_bytes() + b" "
    victim.unlink()
    victim.write_bytes(content)
    done = pip(scratch / "refusing", other)
    said = done.stdout + done.stderr
    if done.returncode == 0 or "certifi" not in said or "DO NOT MATCH" not in said:
        sys.exit(f"an altered wheel was not refused by name:\n{said[-2000:]}")


def install(folder: Path, scratch: Path) -> None:
    """Everything, by hash, with no index and nobody's configuration."""
    done = pip(scratch / "venv", folder)
    if done.returncode:
        sys.exit(f"the installation failed:\n{(done.stdout + done.stderr)[-4000:]}")


def bills(folder: Path) -> None:
    """The wheel says what it is made of, Python and npm; the hashes are those of the files beside it."""
    (wheel,) = folder.glob("rounds-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        python, npm = (json.loads(archive.read(f"rounds/bill/{name}.cdx.json")) for name in ("python", "npm"))
    known = {one["content"] for part in python["components"] for one in part.get("hashes", [])}
    files = [file for file in folder.glob("*.whl") if not file.name.startswith(("rounds-", "torch-"))]
    listed = sum(hashlib.sha256(file.read_bytes()).hexdigest() in known for file in files)
    print(f"    {len(python['components'])} packages of Python, {len(npm['components'])} of npm")
    print(f"    {listed} of {len(files)} wheels stand in the bill by hash; the others were built from source")


def demo(scratch: Path) -> None:
    """The installed command alone, from an empty folder."""
    began = subprocess.run(
        [scratch / "venv" / "bin" / "rounds", "demo"], cwd=empty(scratch), env=clean(), check=False
    )
    if began.returncode:
        sys.exit("the circle did not turn")


def pip(venv: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """A fresh environment and what the folder's list names."""
    subprocess.run([sys.executable, "-m", "venv", venv], check=True, env=clean())
    wish = ["install", "--isolated", "--no-index", "--find-links", folder, "--no-deps", "--require-hashes"]
    return subprocess.run(
        [venv / "bin" / "python", "-m", "pip", *wish, "-r", folder / "requirements.txt"],
        env=clean(),
        capture_output=True,
        text=True,
        check=False,
        timeout=STEPS_SECONDS,
    )


def clean() -> Mapping[str, str]:
    """An environment that names no index, no home and no site."""
    kept = ("PATH", "LANG", "TMPDIR", "OMP_NUM_THREADS", "OMP_WAIT_POLICY")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PIP_CONFIG_FILE": os.devnull}


def empty(scratch: Path) -> Path:
    """A folder with nothing in it."""
    folder = scratch / "elsewhere"
    folder.mkdir(exist_ok=True)
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
