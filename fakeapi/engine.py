"""The frame around every road: which road, who asks, and how a refusal is written. Bytes and values in, values out."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from fakeapi.chance import Chance
from fakeapi.contract.authentication import WORKSPACE, Door
from fakeapi.contract.decoding import BODY_LIMIT
from fakeapi.encoding import faults, headers, pacing
from fakeapi.encoding.body import encode_refusal
from fakeapi.encoding.faults import Scene
from fakeapi.endpoints import batches, counting, files, legacy, messages, models, open
from fakeapi.endpoints.asking import dressed, forgetful, naming_faults
from fakeapi.endpoints.limiting import LimitedError
from fakeapi.endpoints.outcome import NOTHING, House, Outcome, Road
from fakeapi.endpoints.repeating import Told, note, recall
from fakeapi.endpoints.roads import Place, Roads, doubled, parted
from fakeapi.endpoints.ruling import UnmatchedError
from fakeapi.errors import ApiError
from fakeapi.facts import allowances, catalogue
from fakeapi.facts.block_costs import Sizes
from fakeapi.facts.sentences import refusal
from fakeapi.memory import sessions
from fakeapi.memory.changes import Change, View
from fakeapi.memory.store import EMPTY
from fakeapi.model import Caller, Exchange, Json, Rule
from fakeapi.rules.diagnosis import Diagnosis
from fakeapi.rules.examples import Examples
from fakeapi.settings import Settings
from fakeapi.wire import HeaderLines, Reply, Request, Send

ROADS: dict[str, dict[str, Road]] = {
    "/v1/messages": {"POST": messages.answer},
    "/v1/messages/count_tokens": {"POST": counting.count},
    **batches.ROADS,
    **files.ROADS,
    legacy.ROAD: {"POST": legacy.complete},
    "/v1/models": {"GET": forgetful(models.list_models)},
    "/v1/models/{id}": {"GET": forgetful(models.show_model)},
}
"""Every road of the API by path and method; `/` and `/api/hello` need no key and have none."""

CHORES = batches.QUEUE
"""What is put under this key is work between requests: see `tick`."""
_GREETINGS = {"/": ("HEAD",), "/api/hello": ("HEAD", "GET")}
_PATHS = Roads([*_GREETINGS, *ROADS])
_UNKNOWN = Place("")
_ICON = "/favicon.ico"
_FOR_BROWSERS: HeaderLines = ((b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", b"*"))


class Answer(NamedTuple):
    """What became of a request: the reply to play, the exchange for the log, and what memory has to keep, and when.

    `diagnosis` says why no rule matched, where that is what was answered.
    """

    reply: Reply
    exchange: Exchange
    changes: tuple[Change, ...] = ()
    when_completed: tuple[Change, ...] = ()
    when_broken: tuple[Change, ...] = ()
    diagnosis: Diagnosis | None = None


def finish(answer: Answer, outcome: str) -> tuple[Change, ...]:
    """What is left to remember once an answer was played: `completed`, `cut` or `client left`."""
    return answer.when_completed if outcome == "completed" else answer.when_broken


def session_of(settings: Settings, request: Request) -> str:
    """The id of the session that a request belongs to."""
    path = request.path
    named = parted(path)[0] if path.startswith(("/s/", "//")) else ""
    return sessions.session_of(named, request.headers, settings.sessions)


def build(settings: Settings, own_models: Sequence[Json] = (), sizes: Sizes = MappingProxyType({})) -> House:
    """A house of these settings: everything that is read or compiled once.

    `own_models` are a user's own rows of the catalogue; `sizes` those of pictures and PDFs by their urls. Raises
    FakeapiError for a row or a pace that can't be read.
    """
    every = catalogue.extend(own_models) if own_models else catalogue.standard()
    return furnish(House(settings, Door(), every, every, pacing.INSTANT, sizes, Examples.documented()), settings)


def furnish(house: House, settings: Settings, rules: tuple[Rule, ...] = (), source: str = "--") -> House:
    """The house with these settings and rules, as a session has it that differs from its server.

    FakeapiError, naming `source` and the setting, for a pace or limits that can't be read.
    """
    pace = pacing.parse(settings.pace, f"{source}pace")
    models = house.every.current() if settings.models == "current" else house.every
    door = Door(settings.api_key, settings.contract)
    models = naming_faults(models, settings)
    limits = allowances.parse(settings.limits, f"{source}limits")
    return replace(house, settings=settings, door=door, catalogue=models, pace=pace, rules=rules, limits=limits)


def body_limit(path: str) -> int:
    """How many bytes the body of a request to this path may have."""
    place = _PATHS.find(path)
    return batches.BODY_LIMIT if place is not None and place.road == "/v1/messages/batches" else BODY_LIMIT


def takes_file(method: str, path: str) -> bool:
    """Whether a request brings a file, which a shell had better receive in pieces (Request.upload)."""
    if method != "POST" or not path.endswith("/files"):
        return False
    place = _PATHS.find(path)
    return place is not None and place.road == files.UPLOAD


def tick(house: House, view: View, now: float, budget: float) -> batches.Progress:
    """Move a session's batches along to this moment on its clock; see `batches.tick`."""
    return batches.tick(house, view, now, budget)


def handle(house: House, request: Request, luck: Chance, view: View = EMPTY) -> Answer:
    """The answer to a request, whatever it is: a refusal is an answer, too. `view` is what is remembered."""
    request_id = luck.request_id()
    caller: Caller | None = None
    try:
        place = _PATHS.find(request.path) or _UNKNOWN
        if open.is_preflight(request):
            return _preflight(request, place.road, luck, request_id)
        if place.road in _GREETINGS and request.method in _GREETINGS[place.road]:
            return _greeting(request, luck, request_id)
        if request.path == _ICON:
            return _icon(request, luck, request_id)
        road = _road(request, place)
        caller = house.door.authenticate(request)
        if WORKSPACE in request.headers:
            caller = house.door.enter(caller, request.headers[WORKSPACE], luck.seed)
        outcome = road(house, view, request, place.parameters, caller, luck)
        answer = _answered(house, outcome, request, caller, luck, request_id)
        return answer if outcome.asked is NOTHING else _broken(answer, outcome, request, caller, luck)
    except ApiError as fault:
        return _refused(fault, request, caller, luck, request_id)
    except Exception as bug:
        report = refusal("bug", hint=f"A bug of fakeapi, please report it: {_where(bug)}")
        return _refused(report, request, caller, luck, request_id)


def repeat(house: House, request: Request, luck: Chance, view: View) -> tuple[Answer, Told] | None:
    """What `handle` would answer to a request that was answered in this house before, and how that is told; None where
    it isn't known."""
    told, changes = recall(house, request, view, luck)
    if told is None:
        return None
    body, exchange, lines = told.again(luck)
    return Answer(Reply(200, lines, (Send(body),)), exchange, changes), told


def refuse(fault: ApiError, request: Request, luck: Chance) -> Answer:
    """The answer to a request that belongs to no session."""
    return _refused(fault, request, None, luck, luck.request_id())


def _where(bug: Exception) -> str:
    """What went wrong and where, in one line."""
    frame = traceback.extract_tb(bug.__traceback__)[-1]
    return f"{type(bug).__name__}: {bug} ({frame.filename}:{frame.lineno})"


def _road(request: Request, place: Place) -> Road:
    """The road of a request. 404 and 405 come before the key is looked at, as browsers see them."""
    roads = ROADS.get(place.road)
    if roads is None:
        raise refusal("not_found", hint=_where_instead(request))
    if request.method not in roads:
        fault = refusal("method_not_allowed")
        fault.headers = ((b"allow", ", ".join(roads).encode()),)
        raise fault
    return roads[request.method]


def _where_instead(request: Request) -> str:
    if doubled(request.path):
        return "The path has /v1 twice: end the client's base URL before /v1."
    if request.path.endswith("/") and _PATHS.find(request.path.rstrip("/")):
        return f"Drop the slash at the end: {request.path.rstrip('/')}"
    return f"Known paths: {', '.join(ROADS)}"


def _answered(
    house: House, outcome: Outcome, request: Request, caller: Caller, luck: Chance, request_id: str
) -> Answer:
    warnings = (*caller.warnings, *outcome.warnings, *outcome.asked.warnings)
    changes, completed, broken, always = outcome.remembered
    owner = headers.owner(luck.seed, caller.key)
    lines = headers.answered(luck, owner, request_id, shown=outcome.rate_limits, content=outcome.content)
    more = _shared(request, headers.warnings(warnings) if warnings else ())
    exchange = Exchange(
        luck.number,
        request.method,
        request.path,
        200,
        request_id,
        outcome.model,
        outcome.source,
        outcome.usage,
        outcome.cost,
        warning="; ".join(warnings),
        rule=outcome.rule,
        cache=outcome.cache,
    )
    if outcome.again is not None and request.notes is not None:
        note(request.notes, house, caller, owner, outcome, more, exchange)
    return Answer(Reply(200, (*lines, *more), outcome.effects), exchange, (*always, *changes), completed, broken)


def _broken(answer: Answer, outcome: Outcome, request: Request, caller: Caller, luck: Chance) -> Answer:
    """The answer with the faults that were asked for: another one instead of it, its headers and writes struck.

    An answer that something else stands in for was never given, and a broken one is not remembered.
    """
    script, scene = outcome.asked.script, Scene(luck, caller.key, outcome.model)
    reply, exchange = answer.reply, answer.exchange
    if (instead := faults.answer_instead(script, scene)) is not None:
        made = instead.reply
        effects = faults.strike_plain(script, made.effects, scene)
        lines = dressed(made.headers, outcome.asked.headers)
        reply = made._replace(headers=_shared(request, lines), effects=effects)
        exchange = exchange._replace(status=made.status, sentence=instead.sentence, usage=None, cost=None)
    exchange = exchange._replace(source=" + ".join((exchange.source, *script.labels)))
    given = outcome.remembered.always if instead else answer.changes
    completed = answer.when_broken if script.breaks else answer.when_completed
    changes = (*outcome.asked.changes, *given)
    return Answer(faults.finish(script, reply), exchange, changes, completed, answer.when_broken)


def _refused(fault: ApiError, request: Request, caller: Caller | None, luck: Chance, request_id: str) -> Answer:
    body = encode_refusal(fault, request_id)
    extra = ((b"content-length", b"%d" % len(body)), *fault.headers)
    lines = headers.refused(luck, caller.key if caller else None, request_id, extra)
    effects = () if request.method == "HEAD" else (Send(body),)
    exchange = Exchange(
        luck.number,
        request.method,
        request.path,
        fault.status,
        request_id,
        source="refused",
        sentence=fault.message,
        hint=fault.hint,
    )
    changes = fault.changes if isinstance(fault, LimitedError) else ()
    return Answer(Reply(fault.status, _shared(request, lines), effects), exchange, changes, diagnosis=_diagnosis(fault))


def _diagnosis(fault: ApiError) -> Diagnosis | None:
    return fault.diagnosis if isinstance(fault, UnmatchedError) else None


def _greeting(request: Request, luck: Chance, request_id: str) -> Answer:
    body = open.GREETING
    lines = headers.plain(luck, request_id, (headers.JSON, (b"content-length", b"%d" % len(body))))
    effects = () if request.method == "HEAD" else (Send(body),)
    exchange = Exchange(luck.number, request.method, request.path, 200, request_id, source="greeting")
    return Answer(Reply(200, lines, effects), exchange)


def _icon(request: Request, luck: Chance, request_id: str) -> Answer:
    """What browsers ask for by themselves: 404 with an empty body (measured)."""
    lines = headers.plain(luck, request_id, ((b"content-length", b"0"),))
    exchange = Exchange(luck.number, request.method, request.path, 404, request_id, source="refused")
    return Answer(Reply(404, lines, ()), exchange)


def _preflight(request: Request, road: str, luck: Chance, request_id: str) -> Answer:
    status, lines, body = open.preflight(request, road)
    lines = headers.plain(luck, request_id, (*lines, (b"content-length", b"%d" % len(body))))
    exchange = Exchange(luck.number, request.method, request.path, status, request_id, source="preflight")
    return Answer(Reply(status, lines, (Send(body),)), exchange)


def _shared(request: Request, lines: HeaderLines) -> HeaderLines:
    """What lets a browser page read the answer, where a browser asked."""
    return (*lines, *_FOR_BROWSERS) if "origin" in request.headers else lines
