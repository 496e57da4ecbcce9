"""The rules between fields, messages and the model: every refusal that the request and the catalogue decide.

Each rule is a small function `(seen: Survey) -> None` that raises an ApiError; `RULES` is their order, as the API
reports them (contract.md 5A, measured): fields, the shape of the conversation, the container, what the model takes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from fakeapi.contract.invariants import (
    caching,
    capabilities,
    conversation,
    documents,
    media,
    pairing,
    servers,
    structured,
    thinking,
    tools,
)
from fakeapi.contract.invariants.survey import Survey
from fakeapi.model import Call

__all__ = ["RULES", "Rule", "Survey", "check"]


class Rule(NamedTuple):
    """One rule; `counts` says whether counting tokens asks it, too."""

    check: Callable[[Survey], None]
    counts: bool = True


RULES: tuple[Rule, ...] = (
    # fields
    Rule(tools.input_schemas),
    Rule(tools.domains),
    Rule(conversation.system_text),
    Rule(capabilities.batch_item, counts=False),
    Rule(capabilities.task_budget),
    Rule(capabilities.stop_sequences, counts=False),
    Rule(documents.roles_of_blocks),
    # the shape of the conversation
    Rule(conversation.system_messages),
    Rule(conversation.empty_turns),
    Rule(pairing.paired_calls),
    Rule(pairing.server_calls),
    Rule(conversation.final_texts),
    Rule(thinking.blocks_hold_thinking),
    # what the server holds or reaches
    Rule(servers.container),
    Rule(pairing.pending_container, counts=False),
    Rule(servers.mcp_servers),
    Rule(servers.thread, counts=False),
    # what the model takes
    Rule(capabilities.prefill),
    Rule(capabilities.sampling, counts=False),
    Rule(capabilities.sampling_with_thinking, counts=False),
    Rule(thinking.supported_type),
    Rule(thinking.effort),
    Rule(thinking.effort_without_thinking),
    Rule(thinking.budget, counts=False),
    Rule(thinking.clearing_needs_thinking),
    Rule(capabilities.forced_tools),
    Rule(tools.choice),
    Rule(tools.unique_names),
    Rule(tools.types),
    Rule(tools.programmatic),
    Rule(tools.countries),
    Rule(tools.deferral),
    Rule(tools.references),
    Rule(structured.one_format),
    Rule(structured.supported),
    Rule(structured.compiles),
    Rule(documents.citations_agree),
    Rule(documents.citations_without_format),
    Rule(documents.search_results_alone),
    Rule(caching.marked_texts),
    Rule(caching.count),
    Rule(caching.order),
    Rule(caching.automatic),
    Rule(thinking.loop_starts_with_thinking),
    Rule(thinking.thinking_comes_first),
    Rule(thinking.signatures),
    Rule(media.urls),
    Rule(media.images),
    Rule(media.image_sizes),
    Rule(media.kept_sizes),
    Rule(media.documents),
    Rule(media.amount),
    Rule(capabilities.geography, counts=False),
    Rule(capabilities.speed),
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
    for rule in RULES:
        if rule.counts or endpoint != "count_tokens":
            rule.check(seen)
