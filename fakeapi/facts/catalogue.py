"""The model catalogue: which models there are, under which names, and what `/v1/models` shows of each; the known betas.

`fixtures/models.json` and `fixtures/betas.json` are its sources; `extend` adds a user's own models.
Rules read the capabilities of a `Model`, never its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from fakeapi import assets
from fakeapi.errors import FakeapiError
from fakeapi.model import Json, Model

NEWEST_PROFILE = "claude-5.5"
"""What a user's own model can do where its row doesn't say."""

_TUPLES = ("thinking_types", "thinking_off_effort", "effort_levels", "tool_overhead", "aliases", "fallback_models")
_SETS = ("features", "refused_tools")
_ABOUT_THE_ROW = ("profile", "like", "from", "unsure")
_NAMES = frozenset(field.name for field in fields(Model))
_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_THINKING = ("enabled", "adaptive", "disabled", "between_tools")
_STRATEGIES = ("clear_thinking_20251015", "clear_tool_uses_20250919", "compact_20260112")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Models, newest first, and every name that leads to one (ids and aliases)."""

    models: tuple[Model, ...]
    names: Mapping[str, Model]

    def resolve(self, name: str) -> Model | None:
        """The model of an id or alias; None where there is none (the caller's 404 `model: X`)."""
        return self.names.get(name)

    def current(self) -> Catalogue:
        """The models that the real API still answers for: all but the retired ones."""
        names = {name: model for name, model in self.names.items() if model.lifecycle != "retired"}
        return Catalogue(tuple(model for model in self.models if model.lifecycle != "retired"), names)


def resolve(name: str) -> Model | None:
    """The model of an id or alias in the standard catalogue, retired ones too; None where there is none."""
    return standard().resolve(name)


def all_models() -> tuple[Model, ...]:
    """Every model of the standard catalogue, newest first, in the order `/v1/models` lists them."""
    return standard().models


def listing(model: Model, *, beta: bool = False) -> Json:
    """The item of `/v1/models`, the same for both API versions; `beta` adds what the beta namespace shows.

    Source: recorded lists of 2025-05 to 2026-08 and the SDK's ModelInfo and BetaModelInfo of 2026-11.
    """
    if not beta:
        return model.listing
    supported = "compaction" in model.features
    compaction = {"supported": supported, "summarize": _flag(supported)}
    capabilities = {**model.listing["capabilities"], "compaction": compaction}
    fallbacks = list(model.fallback_models)
    return {**model.listing, "capabilities": capabilities, "allowed_fallback_models": fallbacks}


@cache
def tool_types() -> tuple[str, ...]:
    """Every tool type that the API defines, beta ones too, sorted."""
    return tuple(sorted(assets.read_json("fixtures/models.json")["tool_types"]))


@cache
def known_betas() -> frozenset[str]:
    """Every value that `anthropic-beta` may hold: of the SDKs' AnthropicBetaParam, recordings and real clients."""
    groups = assets.read_json("fixtures/betas.json")
    return frozenset(value for name, values in groups.items() if name != "about" for value in values)


@cache
def standard() -> Catalogue:
    """The catalogue of `fixtures/models.json`."""
    data = assets.read_json("fixtures/models.json")
    return _catalogue([_complete(row, data) for row in data["models"]])


def extend(rows: Iterable[Mapping[str, Any]]) -> Catalogue:
    """The standard catalogue and a user's own models; a row with a known id replaces that model.

    A row needs an `id`; `like` (another model's id) or `profile` says what it can do, its other members override that,
    and members that no Model has are kept in `extra`. Raises FakeapiError for a row that can't be read.
    """
    data = assets.read_json("fixtures/models.json")
    own = [_own_row(row) for row in rows]
    data["models"] = [*own, *(row for row in data["models"] if row["id"] not in {mine["id"] for mine in own})]
    template = _profile(NEWEST_PROFILE, data, NEWEST_PROFILE)
    for row in own:
        _check_types(row, template)
    return _catalogue([_complete(row, data) for row in data["models"]])


def _own_row(row: Mapping[str, Any]) -> Json:
    name = row.get("id") if isinstance(row, Mapping) else None
    if not isinstance(name, str) or not name:
        raise FakeapiError(f"models: each model needs an `id`, a non-empty string; got {row!r}")
    base: Json = {} if "like" in row else {"profile": NEWEST_PROFILE, "created_at": "1970-01-01T00:00:00Z"}
    own: Json = {**base, "display_name": name, "lifecycle": "active", **row}
    return {
        **own,
        "extra": {key: value for key, value in row.items() if key.lstrip("+-") not in _NAMES | {*_ABOUT_THE_ROW}},
    }


def _check_types(row: Json, template: Json) -> None:
    for key, value in row.items():
        wanted = type(template.get(key))
        if wanted in (bool, int, list, dict) and type(value) is not wanted:
            raise FakeapiError(f"models: {row['id']}.{key} must be of type {wanted.__name__}; got {value!r}")


def _complete(row: Json, data: Json, trail: tuple[str, ...] = ()) -> Json:
    """A row with everything that it inherits."""
    if row["id"] in trail:
        raise FakeapiError(f"models: {' is like '.join([*trail, row['id']])}: no end to it")
    if "like" in row:
        base = _complete(_named(data["models"], row["like"], row["id"]), data, (*trail, row["id"]))
        full = _over({**base, "aliases": []}, row)
    else:
        full = _over(_profile(row["profile"], data, row["id"]), row)
    named = full["prices"]
    return {**full, "prices": data["price_lists"].get(named, {}) if isinstance(named, str) else named}


def _over(base: Json, own: Json) -> Json:
    """What a row says over what it inherits; `+name` and `-name` change an inherited list."""
    full = {**base, **{key: value for key, value in own.items() if key[0] not in "+-"}}
    for key, values in own.items():
        if key[0] == "+":
            full[key[1:]] = [*full[key[1:]], *values]
        elif key[0] == "-":
            full[key[1:]] = [value for value in full[key[1:]] if value not in values]
    return full


def _named(models: list[Json], name: object, wanted_by: str) -> Json:
    found = next((row for row in models if name == row["id"] or name in row.get("aliases", ())), None)
    if found is None:
        raise FakeapiError(f"models: {wanted_by} is `like` {name}, which is not in the catalogue")
    return found


def _profile(name: str, data: Json, wanted_by: str) -> Json:
    if name not in data["profiles"]:
        known = ", ".join(data["profiles"])
        raise FakeapiError(f"models: {wanted_by} has the unknown profile {name!r}; known: {known}")
    own: Json = data["profiles"][name]
    if own.get("refused_tools") == "*":
        own = {**own, "refused_tools": data["tool_types"]}
    return _over(_profile(own["from"], data, wanted_by), own) if "from" in own else own


def _catalogue(rows: list[Json]) -> Catalogue:
    models = sorted((_model(row) for row in rows), key=lambda model: model.created_at, reverse=True)
    names = {alias: model for model in models for alias in model.aliases}
    return Catalogue(tuple(models), names | {model.id: model for model in models})


def _model(row: Json) -> Model:
    values = {key: value for key, value in row.items() if key in _NAMES}
    values |= {key: tuple(values[key]) for key in _TUPLES if key in values}
    values |= {key: frozenset(values[key]) for key in _SETS if key in values}
    try:
        return Model(**values, listing=_listing(values))
    except (TypeError, KeyError) as error:
        raise FakeapiError(f"models: {row['id']}: {error}") from error


def _listing(values: Json) -> Json:
    shown = {key: values[key] for key in ("id", "display_name", "created_at")}
    limits = {"max_input_tokens": values["context_window"], "max_tokens": values["max_output"]}
    life = {key: values.get(key) for key in ("line", "lifecycle", "deprecated_at", "retires_at")}
    return {"type": "model", **shown, **limits, "capabilities": _capabilities(values), **life}


def _capabilities(values: Json) -> Json:
    features, types, efforts = values["features"], values["thinking_types"], values["effort_levels"]
    web, code = "web_search" in features, "server_code_execution" in features
    return {
        "batch": _flag("batch" in features),
        "citations": _flag("citations" in features),
        "code_execution": _flag("programmatic_tools" in features),
        "context_management": {"supported": "context_management" in features, **_flags(_STRATEGIES, features)},
        "effort": {"supported": bool(efforts), **_flags(_EFFORTS, efforts)},
        "image_input": _flag("image_input" in features),
        "pdf_input": _flag("pdf_input" in features),
        "structured_outputs": _flag(values["structured_outputs"]),
        "thinking": {"supported": set(types) != {"disabled"}, "types": _flags(_THINKING, types)},
        "server_tools": {"supported": web or code, "web_search": _flag(web), "code_execution": _flag(code)},
    }


def _flag(supported: bool) -> Json:
    return {"supported": supported}


def _flags(names: Iterable[str], known: Iterable[str]) -> Json:
    return {name: _flag(name in known) for name in names}
