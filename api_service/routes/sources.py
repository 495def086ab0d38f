"""Where cases come from: the list, a trial reading, and rows handed in for one source."""

from typing import Annotated, Any

from pydantic import Field, RootModel

from api_service.auth import Role
from api_service.endpoint import MEDIA_BYTES, Call, Group, Reply, Rules
from api_service.routes.collection import pushed, started
from api_service.show.cases import CollectStarted, Pushed
from api_service.show.sources import SourceShown
from shared.errors import ConflictError
from shared.registry import runs, sources

group = Group()
Row = dict[str, Any]
ROWS_MOST = 1000


class Rows(RootModel[Row | Annotated[list[Row], Field(min_length=1, max_length=ROWS_MOST)]]):
    """One row of a source or a list of them, in the form that its mapping reads."""

    def rows(self) -> list[Row]:
        """Always a list."""
        return self.root if isinstance(self.root, list) else [self.root]


@group.get("/sources", roles=frozenset({Role.STEWARD, Role.OPERATOR, Role.APPROVER}))
def list_sources(call: Call) -> list[SourceShown]:
    """Sources by name, without their addresses."""
    return [SourceShown.of(row) for row in sources.every(call.session)]


@group.post("/sources/{name}/test", roles=frozenset({Role.STEWARD}), rules=Rules(status=202))
def test(call: Call, name: str) -> Reply[CollectStarted]:
    """Read a source and store nothing: the run counts what would come, by trust rule."""
    return started(call, [sources.named(call.session, name)], {"dry_run": True})


@group.post(
    "/ingest/{name}",
    roles=frozenset({Role.STEWARD, Role.SERVICE}),
    rules=Rules(status=202, body_bytes=MEDIA_BYTES),
)
def ingest(call: Call, name: str, handed: Rows) -> Reply[Pushed]:
    """Hand in rows for a source of the kind push; its mapping reads them, and the trust table judges."""
    source = sources.named(call.session, name)
    if source.kind != "push":
        raise ConflictError(
            f"{name} is read by Rounds itself",
            field="name",
            fix="POST /cases/collect, or a source of kind push",
        )
    rows = handed.rows()
    run = runs.push(
        call.session,
        source,
        rows=rows,
        vault=call.deps.vault,
        now=call.now,
        triggered_by=call.caller.name,
    )
    return pushed(run.id, len(rows))
