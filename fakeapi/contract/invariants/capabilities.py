"""What a model takes: prefill, sampling, forced tools, output sizes, speed, geography (contract.md 8, 9, 11)."""

from __future__ import annotations

from typing import TypeGuard

from fakeapi.contract.invariants.reading import Turn, is_server_result, kind_of, text_of, whole
from fakeapi.contract.invariants.survey import Survey
from fakeapi.facts import editing, triggers
from fakeapi.facts import window as facts
from fakeapi.facts.sentences import refusal

SAMPLING_GONE = "2026-10-21"
GEOGRAPHIES = ("global", "us")
FAST_BETA = "fast-mode-2026-02-01"
_MOST_TOKENS_PER_CHARACTER = 1.4
_UNCONTINUED = ("server_tool_use", "mcp_tool_use", "compaction")
_LONG_MEDIA = ("image", "document", "file", "container_upload")


def prefill(seen: Survey) -> None:
    """A conversation that ends in the assistant's words is a prefill, which the model must take."""
    turn = prefilled(seen)
    if turn is None:
        return
    if not seen.model.prefill:
        raise refusal("prefill_unsupported")
    if seen.format is not None:
        raise refusal("prefill_with_format")
    if text_of(turn.blocks[-1]) != text_of(turn.blocks[-1]).rstrip():
        raise refusal("prefill_trailing_space")


def prefilled(seen: Survey) -> Turn | None:
    """The final assistant message that the answer would continue; a server tool's pause isn't one, nor is silence.

    Nor are a summary that the answer goes on from, a conversation that is to be summarized, and what a model said
    before it refused, where its credit is shown.
    """
    turn = seen.turns[-1] if seen.turns else None
    if turn is None or turn.role != "assistant" or not turn.blocks:
        return None
    last = kind_of(turn.blocks[-1])
    goes_on = any(seen.body.get(name) is not None for name in ("fallback_credit_token", "compaction"))
    return None if goes_on or last in _UNCONTINUED or is_server_result(last) else turn


def sampling(seen: Survey) -> None:
    """temperature, top_k and top_p, as far as the model still takes them (version 2023-06-01)."""
    if seen.model.sampling == "reject":
        _deprecated_sampling(seen)
    if seen.model.sampling != "free" and _given(seen, "temperature") and _given(seen, "top_p"):
        raise refusal("sampling_exclusive")


def _deprecated_sampling(seen: Survey) -> None:
    temperature, top_p = seen.body.get("temperature"), seen.body.get("top_p")
    if _number(temperature) and temperature != 1:
        raise refusal("sampling_deprecated", name="temperature")
    if _given(seen, "top_k"):
        raise refusal("sampling_deprecated", name="top_k")
    if _number(top_p) and top_p < 0.99:
        raise refusal("sampling_deprecated", name="top_p")


def sampling_with_thinking(seen: Survey) -> None:
    """While a model thinks on request its sampling is fixed."""
    if seen.thinking not in ("enabled", "adaptive"):
        return
    temperature, top_p = seen.body.get("temperature"), seen.body.get("top_p")
    if _number(temperature) and temperature != 1:
        raise refusal("temperature_with_thinking")
    if _given(seen, "top_k"):
        raise refusal("top_k_with_thinking")
    if _number(top_p) and top_p < 0.95:
        raise refusal("top_p_with_thinking")


def forced_tools(seen: Survey) -> None:
    """A tool can be forced where the model allows it, and not while it thinks with a manual budget."""
    if seen.field("tool_choice").get("type") not in ("any", "tool"):
        return
    if not seen.model.forced_tools:
        raise refusal("forced_tools_unsupported")
    if seen.thinking == "enabled" or (seen.thinking == "adaptive" and "adaptive_or_forced" in seen.model.features):
        raise refusal("forced_tools_with_thinking")


def output_cap(seen: Survey) -> None:
    """max_tokens stays below the model's cap, or the larger one that a beta opens."""
    asked = whole(seen.body.get("max_tokens"))
    if asked is None or asked <= seen.model.max_output:
        return
    caps = dict(seen.model.max_output_by_beta)
    if seen.endpoint == "batch":
        caps |= seen.model.batch_output_by_beta
    cap = max([seen.model.max_output, *(cap for beta, cap in caps.items() if beta in seen.betas)])
    if asked > cap:
        raise refusal("max_tokens_over_cap", asked=asked, cap=cap, model=seen.model.id)


def window(seen: Survey) -> None:
    """The prompt fits into the context window; on older models max_tokens must fit in beside it."""
    if seen.endpoint == "count_tokens":
        return
    most = facts.size(seen.model, seen.betas)
    if triggers.pulled(seen.body).too_long:
        raise refusal("prompt_too_long", size=most + max(1, _size(seen)), most=most)
    asked = whole(seen.body.get("max_tokens"))
    room = asked if asked is not None and _counts_output(seen) else 0
    if not _could_exceed(seen, most - room):
        return
    size = _size(seen)
    if size > most:
        raise refusal("prompt_too_long", size=size, most=most)
    if size + room > most:
        raise refusal("window_exceeded", size=size, asked=room, most=most)


def _size(seen: Survey) -> int:
    """The tokens of the prompt; 0 for a body that no schema has seen and that can't be counted."""
    try:
        return editing.input_tokens(seen.body, seen.model)
    except (AttributeError, KeyError, TypeError):
        return 0


def _counts_output(seen: Survey) -> bool:
    return not facts.ends_answers(seen.model, seen.betas)


def _could_exceed(seen: Survey, tokens: int) -> bool:
    """Whether counting is worth its time: no text has more tokens than this many for each of its characters."""
    size = seen.text_size
    if "system" in seen.body:
        size += len(text_of(seen.body, "system")) + sum(len(text_of(block)) for block in seen.system)
    most = size * _MOST_TOKENS_PER_CHARACTER
    if seen.places:
        most += 5_000 * sum(len(seen.places.get(kind, ())) for kind in _LONG_MEDIA)
    if "tools" in seen.body:
        most += 2_000 * len(seen.tools)
    return most > tokens


def stop_sequences(seen: Survey) -> None:
    """A stop sequence holds something to see."""
    given = seen.body.get("stop_sequences")
    if type(given) is list and any(type(text) is str and not text.strip() for text in given):
        raise refusal("stop_sequence_blank")


def geography(seen: Survey) -> None:
    """inference_geo is one of the API's, on a model that can be placed."""
    geo = seen.body.get("inference_geo")
    if geo is None:
        return
    if type(geo) is str and geo not in GEOGRAPHIES:
        raise refusal("inference_geo_unknown", known=str(list(GEOGRAPHIES)))
    if not seen.model.inference_geo:
        raise refusal("inference_geo_unsupported")


def speed(seen: Survey) -> None:
    """Fast mode is for the models that have it; on all but the newest it is a beta."""
    if seen.body.get("speed") != "fast":
        return
    if FAST_BETA not in seen.betas and "fast_ga" not in seen.model.features:
        raise refusal("speed_needs_beta")
    if not {"fast", "fast_ignored"} & seen.model.features:
        raise refusal("speed_unsupported", model=seen.model.id)


def task_budget(seen: Survey) -> None:
    """A task budget has a floor."""
    total = (seen.field("output_config").get("task_budget") or {}) if seen.field("output_config") else {}
    tokens = total.get("total") if type(total) is dict else None
    if type(tokens) is int and tokens < 20_000:
        raise refusal("task_budget_small", least=20_000)


def warm_up(seen: Survey) -> None:
    """max_tokens 0 only warms the cache: nothing that shapes an answer goes with it."""
    if whole(seen.body.get("max_tokens")) != 0:
        return
    clashes = {
        "stream: true": seen.body.get("stream") is True,
        'thinking.type "enabled"': seen.thinking == "enabled",
        "output_config.format": seen.format is not None,
        'tool_choice type "any" or "tool"': seen.field("tool_choice").get("type") in ("any", "tool"),
    }
    for what, clashing in clashes.items():
        if clashing:
            raise refusal("warm_up_with", what=what)


def batch_item(seen: Survey) -> None:
    """What a batch item cannot ask for (contract.md 14)."""
    if seen.endpoint != "batch":
        return
    if seen.body.get("stream") is True:
        raise refusal("batch_stream")
    if (asked := whole(seen.body.get("max_tokens"))) is not None and asked < 1:
        raise refusal("batch_max_tokens")
    for name in ("speed", "fallbacks", "thread"):
        if seen.body.get(name) not in (None, "standard", []):
            raise refusal("batch_unsupported", name=name)


def _given(seen: Survey, name: str) -> bool:
    return seen.body.get(name) is not None


def _number(value: object) -> TypeGuard[float]:
    return type(value) in (int, float)
