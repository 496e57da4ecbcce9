"""The context window of a model: how large it is for a caller, and what happens to an answer that would outgrow it."""

from __future__ import annotations

from fakeapi.model import Model

STOP_BETA = "model-context-window-exceeded-2025-08-26"
"""With it, older models end an answer at the window, too, instead of refusing the request."""


def size(model: Model, betas: frozenset[str]) -> int:
    """The window in tokens: the model's, or the larger one that a beta opens."""
    if not betas or not model.context_by_beta:
        return model.context_window
    opened = [int(tokens) for beta, tokens in model.context_by_beta.items() if beta in betas]
    return max([model.context_window, *opened])


def ends_answers(model: Model, betas: frozenset[str]) -> bool:
    """Whether an answer goes on until the window is full; otherwise max_tokens must fit in beside the prompt."""
    return "window_stop" in model.features or STOP_BETA in betas
