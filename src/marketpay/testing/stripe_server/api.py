"""From a request to its response: the key, the route, the parameters, the effect, the answer."""

from __future__ import annotations

import hmac
import json
import logging
from base64 import b64decode
from collections.abc import Callable, Iterable
from threading import Event, RLock
from typing import Final

from attrs import evolve, frozen

from marketpay.testing.stripe_server.errors import Problem, Refused, invalid
from marketpay.testing.stripe_server.expand import expand
from marketpay.testing.stripe_server.faults import Fault, Faults, Slow
from marketpay.testing.stripe_server.forms import read_form
from marketpay.testing.stripe_server.keys import Keys
from marketpay.testing.stripe_server.messages import HangUp, Json, Request, Response, as_json
from marketpay.testing.stripe_server.params import array, text
from marketpay.testing.stripe_server.route import Call, Route, Routes
from marketpay.testing.stripe_server.world import World, secret

log: Final = logging.getLogger("marketpay.testing.stripe_server")

API_VERSION: Final = "2026-10-28.endive"
_BROKEN: Final = Problem(
    message="An unknown error occurred. It was asked for by a fault of this server.",
    type="api_error",
    status=500,
)
_RATE_LIMITED: Final = Problem(
    message="Request rate limit exceeded. Learn more about rate limits at "
    "https://stripe.com/docs/rate-limits.",
    code="rate_limit",
    status=429,
)
_LOCKED: Final = Problem(
    message="This object cannot be accessed right now because another API request or Stripe "
    "process is currently accessing it.",
    code="lock_timeout",
    status=409,
)
_TURNED_AWAY: Final[dict[Fault | Slow, Problem]] = {
    Fault.RATE_LIMIT: _RATE_LIMITED,
    Fault.CONFLICT: _LOCKED,
}
_EXPAND: Final = array(text)


@frozen(kw_only=True)
class ApiKeys:
    """The key of the marketplace's server, and the one that its pages may show."""

    secret: str
    publishable: str


class Api:
    """Answers what comes in under `/v1` and `/v2`."""

    def __init__(
        self,
        world: World,
        routes: Iterable[Route],
        *,
        api_keys: ApiKeys,
        faults: Faults,
        publish: Callable[[], None],
    ) -> None:
        """`publish` tells of the events since it was called last."""
        self._world = world
        self._routes = Routes(routes)
        self._api_keys = api_keys
        self._faults = faults
        self._publish = publish
        self._keys = Keys(world.now)
        self._closing = Event()
        self.lock = RLock()  # one request at a time has its effect

    def close(self) -> None:
        """Let no answer be slow any more."""
        self._closing.set()

    def answer(self, request: Request) -> Response | HangUp:
        """The response, unless a fault prevents that."""
        fault = self._faults.next(request.method, request.path)
        if fault is Fault.DROP_BEFORE:
            return HangUp()
        id = secret("req")
        response = self._respond(request, id, fault)
        if fault is Fault.DROP_AFTER:
            return HangUp()
        usual = {"Request-Id": id, "Stripe-Version": API_VERSION}
        if request.key is not None:
            usual["Idempotency-Key"] = request.key
        return evolve(response, headers={**usual, **response.headers})

    def _respond(self, request: Request, id: str, fault: Fault | Slow) -> Response:
        try:
            public = self._authenticate(request)
            if fault in _TURNED_AWAY:
                return _failure(_TURNED_AWAY[fault], id)
            route, ids = self._route(request, public=public)
            call = Call(
                path=request.path,
                ids=ids,
                params=_params(request),
                account=request.account,
                public=public,
            )
            if request.key is None:
                return self._carry_out(route, call, id, fault)
            return self._once(request, route, call, id, fault)
        except Refused as error:
            return _failure(error.problem, id)

    def _route(self, request: Request, *, public: bool) -> tuple[Route, tuple[str, ...]]:
        found = self._routes.find(request.method, request.path)
        if found is None:
            raise _no_route(request)
        if public and not found[0].public:
            raise _unauthorized("This API call cannot be made with a publishable API key.")
        return found

    def _once(
        self, request: Request, route: Route, call: Call, id: str, fault: Fault | Slow
    ) -> Response:
        """Carry it out, unless its key says that this was done before."""
        stored = self._keys.take(request, call.params)
        if stored is not None:
            replayed = {**stored.headers, "Idempotent-Replayed": "true"}
            return evolve(stored, headers=replayed)
        try:
            response = self._carry_out(route, call, id, fault)
        except BaseException:
            self._keys.release(request)  # refused before anything was begun
            raise
        if request.is_v2 and response.status >= 400:
            self._keys.release(request)  # the second API tries again what has failed
        else:
            original = evolve(response, headers={"Original-Request": id})
            self._keys.keep(request, original)
        return response

    def _carry_out(self, route: Route, call: Call, id: str, fault: Fault | Slow) -> Response:
        given = dict(call.params)
        paths = _EXPAND(given.pop("expand", []), "expand")
        call = evolve(call, params=route.params.read(given))
        if isinstance(fault, Slow):
            self._closing.wait(fault.seconds)
        if fault is Fault.ERROR_500_BEFORE:
            return _failure(_BROKEN, id)
        response = self._act(route, call, paths, id)
        return _failure(_BROKEN, id) if fault is Fault.ERROR_500 else response

    def _act(self, route: Route, call: Call, paths: list[str], id: str) -> Response:
        with self.lock:
            try:
                return as_json(self._shown(route, call, paths))
            except Refused as error:
                return _failure(error.problem, id)
            except Exception as error:
                log.exception("%s %s failed", route.method, route.path)
                problem = Problem(message=f"This server failed: {error!r}", type="api_error")
                return _failure(evolve(problem, status=500), id)

    def _shown(self, route: Route, call: Call, paths: list[str]) -> Json:
        try:
            return expand(self._world, route.act(self._world, call), paths)
        finally:
            self._publish()

    def _authenticate(self, request: Request) -> bool:
        """Whether the key is the publishable one.  Raises `Refused` if it is neither."""
        given = _given_key(request)
        if given is None:
            message = (
                "You did not provide an API key. You need to provide your API key in the "
                "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
                "YOUR_SECRET_KEY')."
            )
            raise _unauthorized(message)
        if _same(given, self._api_keys.secret):
            return False
        if _same(given, self._api_keys.publishable):
            return True
        raise _unauthorized(f"Invalid API Key provided: {given[:8]}****{given[-4:]}")


def _given_key(request: Request) -> str | None:
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip() or None
    if scheme.lower() != "basic":
        return None
    try:
        return b64decode(rest).decode().partition(":")[0] or None
    except ValueError:
        return None


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _params(request: Request) -> Json:
    if not request.is_v2 or request.method != "POST":
        return read_form(request.query, request.body.decode("utf-8", "replace"))
    try:
        given = json.loads(request.body or b"{}")
    except ValueError:
        raise invalid("The body is not JSON.") from None
    if not isinstance(given, dict):
        raise invalid("The body is not a JSON object.")
    return given


def _failure(problem: Problem, id: str) -> Response:
    response = as_json(problem.body(id), problem.status)
    if problem.code == "lock_timeout":
        return evolve(response, headers={"Stripe-Should-Retry": "true"})
    if problem.status == 429:
        return evolve(response, headers={"Stripe-Rate-Limited-Reason": "global-rate"})
    return response


def _no_route(request: Request) -> Refused:
    message = (
        f"Unrecognized request URL ({request.method}: {request.path}). Please see "
        "https://stripe.com/docs or we can help at https://support.stripe.com/."
    )
    return Refused(Problem(message=message, status=404))


def _unauthorized(message: str) -> Refused:
    return Refused(Problem(message=message, status=401))
