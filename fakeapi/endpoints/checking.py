"""The contract without a server: what the API would say of a request, an answer, or a whole exchange."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from fakeapi.contract import validation
from fakeapi.contract.decoding import DEPTH_LIMIT
from fakeapi.endpoints.admission import strictly
from fakeapi.errors import ApiError
from fakeapi.facts import catalogue, schemas
from fakeapi.facts.catalogue import Catalogue
from fakeapi.facts.nesting import is_deeper
from fakeapi.facts.sentences import refusal
from fakeapi.model import Caller, Json

DEFAULT_VERSION = schemas.BASE_VERSION
_ANSWERS = {"message": "answer/message", "error": "answer/error", "model": "answer/model"}


class Verdict(NamedTuple):
    """What the API would say of a document.

    Attributes:
        kind: `request`, `answer` or `exchange`: what the document was taken for.
        accepted: whether nothing is wrong with it.
        status: the HTTP status of the refusal, 200 where there is none; for an answer that breaks the contract, 0.
        type: the API's error type, or "" where nothing is wrong.
        message: the API's sentence, or "".
    """

    kind: str
    accepted: bool
    status: int = 200
    type: str = ""
    message: str = ""


def check(
    document: Any,
    *,
    version: str | None = None,
    betas: Iterable[str] = (),
    models: Catalogue | None = None,
) -> Verdict:
    """The verdict on one document: the body of a request, the body of an answer, or both as an exchange.

    An exchange is `{"request": ..., "response": ...}`, each a body, or an object with `body` (and, for the request,
    `path` and `headers`, whose version and betas then count; `version` and `betas` count where it names none).
    """
    caller = Caller("", version or DEFAULT_VERSION, frozenset(betas))
    known = models or catalogue.standard()
    if isinstance(document, dict) and "request" in document and "model" not in document:
        return _exchange(document, caller, version, known)
    if isinstance(document, dict) and document.get("type") in _ANSWERS:
        return _answer(document, caller)
    return _request(document, caller, known, "messages")


def _request(body: Any, caller: Caller, models: Catalogue, endpoint: str, kind: str = "request") -> Verdict:
    try:
        if is_deeper(body, DEPTH_LIMIT):
            raise refusal("json_too_deep", limit=DEPTH_LIMIT)
        strictly(models, body, caller, endpoint)
    except ApiError as fault:
        return Verdict(kind, False, fault.status, fault.type, fault.message)
    return Verdict(kind, True)


def _answer(body: Any, caller: Caller, kind: str = "answer") -> Verdict:
    schema = _ANSWERS.get(body.get("type", "") if isinstance(body, dict) else "", "answer/message")
    try:
        validation.check_shape(body, schema=schema, caller=caller)
    except ApiError as fault:
        return Verdict(kind, False, 0, "invalid_answer", fault.message)
    return Verdict(kind, True)


def _exchange(document: Json, caller: Caller, version: str | None, models: Catalogue) -> Verdict:
    request, response = document["request"], document.get("response")
    headers = _headers(request)
    caller = Caller("", version or headers.get("anthropic-version", DEFAULT_VERSION), caller.betas | _betas(headers))
    endpoint = "count_tokens" if "count_tokens" in str(_member(request, "path", "")) else "messages"
    verdict = _request(_body(request), caller, models, endpoint, "exchange")
    if not verdict.accepted or response is None:
        return verdict
    body = _body(response)
    if endpoint == "messages" and isinstance(body, dict):
        return _answer(body, caller, "exchange")
    return verdict


def _member(part: Any, name: str, otherwise: Any) -> Any:
    return part.get(name, otherwise) if isinstance(part, dict) and "body" in part else otherwise


def _body(part: Any) -> Any:
    return part["body"] if isinstance(part, dict) and "body" in part else part


def _headers(request: Any) -> dict[str, str]:
    headers = _member(request, "headers", {})
    return {str(name).lower(): str(value) for name, value in headers.items()} if isinstance(headers, dict) else {}


def _betas(headers: dict[str, str]) -> frozenset[str]:
    return frozenset(beta for part in headers.get("anthropic-beta", "").split(",") if (beta := part.strip()))


def schema(name: str, *, version: str = DEFAULT_VERSION) -> Json:
    """A schema of the contract in one piece (`request/message_request`), with everything beta in it.

    Raises KeyError where there is none of that name; `fakeapi schema` lists them.
    """
    return schemas.bundled(name, version)
