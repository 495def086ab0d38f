"""The code before the newest revision of the schema, from the history of this checkout."""

import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).parents[2]
REVISIONS = ROOT / "migrations" / "versions"


def newest(tree: Path = ROOT) -> str:
    """The newest revision of the schema that a tree knows."""
    return max(path.stem.split("_")[0] for path in (tree / "migrations" / "versions").glob("[0-9]*.py"))


def before(folder: Path, commit: str | None = None) -> str:
    """Unpack a commit, else the last one that did not know the newest revision; its short name."""
    chosen = commit or _last_before(newest())
    packed = _git("archive", "--format=tar", chosen)
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    if newest(folder) >= newest():
        sys.exit(f"{chosen} knows the newest revision, too: name an older commit")
    return _git("rev-parse", "--short", chosen).decode().strip()


def _last_before(revision: str) -> str:
    (file,) = REVISIONS.glob(f"{revision}_*.py")
    place = str(file.relative_to(ROOT))
    added = _git("log", "--diff-filter=A", "--format=%H", "-1", "--", place).decode().strip()
    if not added:
        sys.exit(f"{place} is not in the history: the drill needs a clone with its commits")
    return f"{added}^"


def _git(*words: str) -> bytes:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"git {words[0]} failed: {done.stderr.decode().strip()}")
    return done.stdout
