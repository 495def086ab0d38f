"""What a check finds, and the safe repair of it where there is one."""

from collections.abc import Callable
from dataclasses import dataclass, field

OK, LOOK, WRONG, MENDED = "ok", "look", "wrong", "mended"
Mend = Callable[[], str]


@dataclass(frozen=True)
class Finding:
    """One check: fine, worth a look, wrong, or mended just now.

    `mend` puts it right and answers what it did, in a sentence; it does nothing that a person might regret.
    """

    check: str
    verdict: str
    found: str
    remedy: str | None = None
    did: str | None = None
    mend: Mend | None = field(default=None, repr=False, compare=False)

    def shown(self) -> dict[str, object]:
        """What a person or a script reads."""
        told = {"check": self.check, "verdict": self.verdict, "found": self.found, "remedy": self.remedy}
        return told | {"did": self.did, "can_be_mended": self.mend is not None}
