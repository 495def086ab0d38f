"""A folder of wheels as an installation without a network needs it: every file named with its hash.

`python -m rounds.wheelhouse FOLDER` writes `requirements.txt` there, which pip reads with `--require-hashes`.
"""

import hashlib
import sys
from pathlib import Path

from packaging.utils import parse_wheel_filename

from shared.errors import ConflictError, NotFoundError

LIST = "requirements.txt"


def write_list(folder: Path) -> int:
    """Name every wheel of the folder with version and SHA-256; how many there are.

    Raises:
        NotFoundError: there is no wheel.
        ConflictError: two wheels are of one package, so that nobody could say which is meant.
    """
    wheels = sorted(folder.glob("*.whl"))
    if not wheels:
        raise NotFoundError(f"{folder} holds no wheel", field="folder", fix="`make wheelhouse`")
    lines: dict[str, str] = {}
    for wheel in wheels:
        name, version, _, _ = parse_wheel_filename(wheel.name)
        if name in lines:
            fix = f"empty {folder} and fill it again"
            raise ConflictError(f"{folder} holds two wheels of {name}", field="folder", fix=fix)
        with wheel.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        lines[name] = f"{name}=={version} --hash=sha256:{digest}\n"
    (folder / LIST).write_text("".join(lines.values()))
    return len(lines)


if __name__ == "__main__":
    sys.stdout.write(f"{write_list(Path(sys.argv[1]))} wheels, named in {Path(sys.argv[1]) / LIST}\n")
