"""Signing in from a browser: a key becomes a cookie that ends after 15 idle minutes."""

from flask import request
from pydantic import SecretStr

from api_service import second_factor, sign_in
from api_service.auth import READERS, Caller, Role
from api_service.endpoint import Call, Endpoint, Group, Reply, Rules, product_version
from api_service.parse import Body
from api_service.routes.pages import events_url
from api_service.show.session import SessionShown
from api_service.show.shape import Message
from shared.errors import ForbiddenError, UnauthenticatedError
from shared.registry import keys

group = Group()


class SignInWish(Body):
    """`POST /session`: a key that may read, and the code of its holder's device where there is one."""

    key: SecretStr
    code: SecretStr | None = None


@group.post("/session", roles=frozenset(), rules=Rules(refusals=(401, 403)))
def enter(call: Call, wish: SignInWish) -> Reply[SessionShown]:
    """Take a key and remember it in a cookie that no script can read."""
    sign_in.refuse_other_sites(request)
    key = keys.find(call.session, wish.key.get_secret_value().strip(), call.now)
    if key is None:
        raise UnauthenticatedError("this key is unknown, revoked or expired", fix="ask an admin for a key")
    caller = Caller(f"key:{key.name}", frozenset(Role(role) for role in key.roles))
    if not caller.roles & READERS:
        raise ForbiddenError("this key may not read", fix="sign in with the key of a person")
    second_factor.ask(call, key, wish.code)
    cookie = sign_in.remembered(key, vault=call.deps.vault, now=call.now, secure=request.is_secure)
    return Reply(shown(call, caller), headers={"Set-Cookie": cookie})


@group.get("/session", roles=READERS)
def show(call: Call) -> SessionShown:
    """Who is signed in; asking does not prolong the session."""
    return shown(call, call.caller)


@group.post("/session/renew", roles=READERS)
def renew(call: Call) -> Reply[SessionShown]:
    """Somebody is at work: the session lasts 15 minutes from now on."""
    cookie = request.cookies.get(sign_in.COOKIE, "")
    key_id = sign_in.named(cookie, vault=call.deps.vault, now=call.now)
    key = keys.good(call.session, key_id, call.now) if key_id else None
    headers = {}
    if key is not None:
        secure = request.is_secure
        headers["Set-Cookie"] = sign_in.remembered(key, vault=call.deps.vault, now=call.now, secure=secure)
    return Reply(shown(call, call.caller), headers=headers)


@group.post("/session/end", roles=READERS)
def leave(_call: Call) -> Reply[Message]:
    """Forget the key in this browser."""
    answer = Message(status="signed_out", message="this browser holds no key any more")
    return Reply(answer, headers={"Set-Cookie": sign_in.forgotten()})


def shown(call: Call, caller: Caller) -> SessionShown:
    """Who that is, what the roles allow, and where the stream is."""
    settings = call.deps.settings
    return SessionShown(
        name=caller.name.removeprefix("key:"),
        roles=sorted(caller.roles),
        may=sorted(_name(one) for one in _declared() if one.method == "POST" and one.roles & caller.roles),
        now=call.now,
        until=call.now + sign_in.IDLE,
        events_url=events_url(),
        flower_url=f"http://{settings.flower_bind}",
        timezone=settings.site_timezone,
        version=product_version(),
    )


def _declared() -> tuple[Endpoint, ...]:
    """The table of all addresses; it is made of this module too, so it is asked for when it is there."""
    from api_service.routes import ENDPOINTS

    return ENDPOINTS


def _name(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path.removeprefix('/api/phase-7')}"
