"""The site a command speaks to: settings, sessions, clock and keys, opened when first needed."""

import getpass
import json
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from shared.config import Settings
    from shared.storage.base import Storage
    from shared.vault import Vault


@dataclass
class Site:
    """What `--home` and the environment name. Commands get it by `site()`."""

    home: Path | None = None
    debug: bool = False
    overrides: Mapping[str, object] = field(default_factory=dict)

    @cached_property
    def settings(self) -> "Settings":
        """The effective settings; a stack that runs on this home lends its addresses and its clock."""
        from shared.config import load_settings

        wanted = dict(self.overrides) | ({"home": self.home} if self.home else {})
        settings = load_settings(**wanted)
        lent = read_status(settings.root).get("settings", {})
        missing = {name: value for name, value in lent.items() if name not in settings.model_fields_set}
        return load_settings(**(missing | wanted)) if missing else settings

    @cached_property
    def sessions(self) -> "sessionmaker[Session]":
        """Sessions on the registry."""
        from shared.registry.session import make_sessions

        return make_sessions(self.settings, pool_size=2)

    @cached_property
    def vault(self) -> "Vault":
        """The site's secret in use."""
        from shared.vault import open_vault

        return open_vault(self.settings.secret_file)

    @cached_property
    def storage(self) -> "Storage":
        """The artifact store."""
        from shared.storage.objects import open_storage

        return open_storage(self.settings)

    @property
    def now(self) -> datetime:
        """The instant by the site's clock."""
        return self.settings.clock()

    @property
    def actor(self) -> str:
        """Who acts, as the audit trail shows it: the person at this machine."""
        return f"cli:{getpass.getuser()}"


_chosen: ContextVar[Site | None] = ContextVar("site", default=None)


def choose(chosen: Site) -> None:
    """Make this the site of the command that runs."""
    _chosen.set(chosen)


def site() -> Site:
    """The site of the command that runs."""
    return _chosen.get() or Site()


def read_status(root: Path) -> dict[str, Any]:
    """What the supervisor wrote about the stack on this home; empty when none runs."""
    try:
        status: dict[str, Any] = json.loads((root / "stack.json").read_text())
    except (OSError, ValueError):
        return {}
    return status
