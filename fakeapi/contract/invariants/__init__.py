"""The rules between fields, messages and the model: every refusal that the request and the catalogue decide.

Each rule is a small function `(seen: Survey) -> None` that raises an ApiError; `RULES` is their order, as the API
reports them (contract.md 5A, measured): fields, the shape of the conversation, the container, what the model takes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from fakeapi.contract.invariants import (
    caching,
    capabilities,
    context,
    conversation,
    documents,
    media,
    pairing,
    sealed,
    servers,
    structured,
    thinking,
    tools,
)
from fakeapi.contract.invariants.survey import Survey
from fakeapi.model import Call

__all__ = ["RULES", "Rule", "Survey", "check"]


class Rule(NamedTuple):
    """One rule, and what it is about.

    Attributes:
        check: refuses, or returns.
        about: members of the body, types of blocks, `role:...`, `endpoint:...`, `mark` (a cache marker in a message)
            or `silent` (a message without content): a request that has none of them has nothing to fear from the rule.
            Empty: always asked.
        counts: whether counting tokens asks it, too.
    """

    check: Callable[[Survey], None]
    about: tuple[str, ...] = ()
    counts: bool = True


RULES: tuple[Rule, ...] = (
    # fields
    Rule(tools.input_schemas, about=("tools",)),
    Rule(tools.domains, about=("tools",)),
    Rule(conversation.members, about=("extras",)),
    Rule(conversation.system_text, about=("system",)),
    Rule(capabilities.batch_item, about=("endpoint:batch",), counts=False),
    Rule(capabilities.task_budget, about=("output_config",)),
    Rule(capabilities.stop_sequences, about=("stop_sequences",), counts=False),
    Rule(documents.roles_of_blocks, about=("document", "text")),
    # the shape of the conversation
    Rule(conversation.system_messages, about=("role:system",)),
    Rule(conversation.empty_turns, about=("silent",)),
    Rule(pairing.paired_calls, about=("tool_use", "tool_result")),
    Rule(pairing.server_calls, about=("server_tool_use",)),
    Rule(conversation.final_texts),
    Rule(thinking.blocks_hold_thinking, about=("thinking",)),
    # what the server holds or reaches
    Rule(servers.container, about=("container", "container_upload")),
    Rule(pairing.pending_container, about=("tool_use",), counts=False),
    Rule(servers.mcp_servers, about=("mcp_servers", "tools")),
    Rule(servers.thread, about=("thread",), counts=False),
    Rule(context.edits, about=("context_management",)),
    Rule(context.compaction, about=("compaction",), counts=False),
    Rule(context.summaries, about=("compaction",)),
    Rule(context.fallbacks, about=("fallbacks",), counts=False),
    Rule(context.fallback_credit, about=("fallback_credit_token",), counts=False),
    # what the model takes
    Rule(capabilities.prefill, about=("role:assistant",)),
    Rule(capabilities.sampling, about=("temperature", "top_p", "top_k"), counts=False),
    Rule(capabilities.sampling_with_thinking, about=("thinking",), counts=False),
    Rule(thinking.supported_type, about=("thinking",)),
    Rule(thinking.effort, about=("output_config",)),
    Rule(thinking.effort_without_thinking, about=("thinking",)),
    Rule(thinking.budget, about=("thinking",), counts=False),
    Rule(thinking.clearing_needs_thinking, about=("context_management",)),
    Rule(capabilities.forced_tools, about=("tool_choice",)),
    Rule(tools.choice, about=("tool_choice",)),
    Rule(tools.unique_names, about=("tools",)),
    Rule(tools.types, about=("tools",)),
    Rule(tools.programmatic, about=("tools",)),
    Rule(tools.countries, about=("tools",)),
    Rule(tools.deferral, about=("tools",)),
    Rule(tools.references, about=("tool_reference", "tool_search_tool_result", "tool_addition", "tool_removal")),
    Rule(structured.one_format, about=("output_format",)),
    Rule(structured.supported, about=("tools", "output_config", "output_format")),
    Rule(structured.compiles, about=("tools", "output_config", "output_format")),
    Rule(documents.citations_agree, about=("document", "search_result")),
    Rule(documents.citations_without_format, about=("output_config", "output_format")),
    Rule(documents.search_results_alone, about=("search_result",)),
    Rule(caching.marked_texts, about=("tools", "system", "mark")),
    Rule(caching.count, about=("tools", "system", "mark")),
    Rule(caching.order, about=("tools", "system", "mark")),
    Rule(caching.automatic, about=("cache_control",)),
    Rule(thinking.prefill_starts_with_thinking, about=("thinking",)),
    Rule(thinking.thinking_comes_first, about=("thinking",)),
    Rule(thinking.signatures, about=("thinking", "redacted_thinking")),
    Rule(thinking.latest_unmoved, about=("thinking", "redacted_thinking")),
    Rule(thinking.prefixes, about=("thinking", "redacted_thinking")),
    Rule(sealed.search_results, about=("web_search_tool_result",)),
    Rule(sealed.quotes, about=("web_search_tool_result",)),
    Rule(sealed.outputs, about=sealed.CODE_RESULTS),
    Rule(media.urls, about=("image", "document")),
    Rule(media.images, about=("image",)),
    Rule(media.image_sizes, about=("image",)),
    Rule(media.kept_sizes, about=("image",)),
    Rule(media.documents, about=("document",)),
    Rule(media.amount, about=("image", "document")),
    Rule(capabilities.geography, about=("inference_geo",), counts=False),
    Rule(capabilities.speed, about=("speed",)),
    Rule(capabilities.warm_up, counts=False),
    Rule(capabilities.output_cap, counts=False),
    Rule(capabilities.window, counts=False),
)


def check(call: Call, *, endpoint: str = "messages") -> None:
    """Refuses what the rules refuse; the first fault in their order is the one that is named.

    Args:
        call: a body that passed the schema, its model and its caller.
        endpoint: `messages`, `count_tokens` or `batch` (an item of a batch).

    Raises:
        ApiError: in the API's words. Never another exception, whatever JSON object the body is.
    """
    seen = Survey(call, endpoint)
    for rule in _applicable(_TOPICS & seen.topics(), endpoint):
        rule(seen)


_TOPICS = frozenset(topic for rule in RULES for topic in rule.about)


@lru_cache(maxsize=1024)
def _applicable(topics: frozenset[str], endpoint: str) -> tuple[Callable[[Survey], None], ...]:
    """The rules that a request of these topics can break, in their order."""
    return tuple(
        rule.check
        for rule in RULES
        if (rule.counts or endpoint != "count_tokens") and (not rule.about or not topics.isdisjoint(rule.about))
    )
