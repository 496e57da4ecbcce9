"""The digest of a conversation is that of its normal form, however it came about."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeapi.facts import conversation, familiar

TEXTS = st.sampled_from(["", "a", "b c", "é"])
BLOCKS = st.one_of(
    st.builds(lambda text: {"type": "text", "text": text}, TEXTS),
    st.just({"type": "thinking", "thinking": "x", "signature": "y"}),
    st.builds(lambda name: {"type": "tool_use", "id": "1", "name": name, "input": {"b": 1, "a": 2.0}}, TEXTS),
    st.builds(lambda text: {"type": "tool_result", "tool_use_id": "1", "content": text}, TEXTS),
    st.just({"type": "image", "source": {"type": "url", "url": "https://a.b/c"}}),
)
MESSAGES = st.lists(
    st.builds(
        lambda role, content: {"role": role, "content": content},
        st.sampled_from(["user", "assistant", "system"]),
        st.one_of(TEXTS, st.lists(BLOCKS, max_size=3)),
    ),
    min_size=1,
    max_size=8,
)


def expected(shape: bytes, messages: Any) -> str:
    return blake2b(shape + b"\x1f" + conversation.normal_form(messages), digest_size=16).hexdigest()


@given(MESSAGES)
def test_the_digest_is_that_of_the_normal_form(messages: Any) -> None:
    assert conversation.normal_digest([b"shape"], messages) == expected(b"[shape]", messages)


@given(MESSAGES, MESSAGES, st.integers(0, 8))
def test_a_conversation_that_goes_on_or_forks_is_digested_as_if_it_were_new(one: Any, more: Any, at: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(familiar, "_memory", familiar._Memory())
        for said in (one, [*one, *more], [*one[: max(1, at)], *more], one):
            body, _ = familiar.recognized(orjson.loads(orjson.dumps({"messages": said})), 100)
            for shape in (b"one", b"other"):
                assert conversation.normal_digest([shape], body["messages"]) == expected(b"[%b]" % shape, said)
