"""Opaque tokens: what is made here is verified in full, what looks like the API's own passes, the rest doesn't."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeapi.facts import signatures
from fakeapi.facts.signatures import Verdict, seal, sign, unsealed, verify, verify_sealed

THOUGHT = "First I look at what is given, then at what is missing."
MODEL, ORGANIZATION = "claude-opus-5-5", "2f4f0f6a-0c3f-4d4e-9b7e-6a1f8a8f0c11"
SEALED = sorted(signatures.purposes() - {"thinking"})


def field(number: int, value: bytes | int) -> bytes:
    """One field in the encoding of protocol buffers; short ones only."""
    return bytes([number << 3, value]) if isinstance(value, int) else bytes([number << 3 | 2, len(value)]) + value


def foreign(kind: int | None = 1, first: bytes = b"n" * 12, header: bytes = b"") -> str:
    """A token of the form of the API's older ones, made by nobody we know."""
    head = header or field(3, 2)
    inner = field(1, head) + field(2, first) + field(3, b"m" * 12) + field(4, b"w" * 48) + field(5, b"c" * 20)
    return base64.b64encode(field(2, inner) + (field(3, kind) if kind else b"")).decode()


def test_a_signature_is_good_for_its_thinking() -> None:
    assert verify(sign(THOUGHT, model=MODEL, organization=ORGANIZATION), THOUGHT) is Verdict.OURS


def test_a_signature_has_the_form_of_the_recorded_ones() -> None:
    token = base64.b64decode(sign(THOUGHT, model=MODEL, organization=ORGANIZATION))
    assert token[0] == 0x12, "field 2, bytes: the envelope"
    assert token.endswith(bytes([0x18, 1])), "field 3: what it is for"
    assert b"\x32\x0fclaude-opus-5-5\x38\x00\x42\x08thinking" in token
    assert verify(sign(THOUGHT), THOUGHT) is Verdict.OURS, "also without a model"


def test_a_longer_thought_has_a_longer_signature_byte_for_byte() -> None:
    short, long = (len(base64.b64decode(sign("x" * size))) for size in (300, 400))
    assert long - short == 100


def test_the_same_thought_has_the_same_signature() -> None:
    assert sign(THOUGHT, 1, "before") == sign(THOUGHT, 1, "before")
    assert sign(THOUGHT, 1, "before") != sign(THOUGHT, 2, "before")


def test_changed_thinking_is_noticed() -> None:
    assert verify(sign(THOUGHT), THOUGHT + " ") is Verdict.CHANGED
    assert not Verdict.CHANGED.accepted


def test_thinking_that_was_not_shown_may_come_back_empty_or_with_anything() -> None:
    omitted = sign(THOUGHT, shown=False)
    assert verify(omitted, "") is Verdict.OURS
    assert verify(omitted, "text put into the empty field") is Verdict.OURS


def test_shown_thinking_may_come_back_empty() -> None:
    assert verify(sign(THOUGHT), "") is Verdict.OURS


def test_a_block_in_another_place_or_conversation_is_noticed() -> None:
    token = sign(THOUGHT, 0, "a conversation")
    assert verify(token, THOUGHT, 0, "a conversation") is Verdict.OURS
    assert verify(token, THOUGHT, 1) is Verdict.MOVED
    assert verify(token, THOUGHT, None, "another") is Verdict.MOVED
    assert verify(token, THOUGHT) is Verdict.OURS, "what isn't given isn't compared"
    assert verify(sign(THOUGHT), THOUGHT, 3) is Verdict.OURS, "what wasn't bound isn't compared"


def test_no_more_than_four_parts_of_context_are_bound() -> None:
    with pytest.raises(ValueError, match="4 parts"):
        sign(THOUGHT, 1, 2, 3, 4, 5)


def test_no_bit_of_a_signature_can_be_changed() -> None:
    token = base64.b64decode(sign(THOUGHT, model=MODEL, organization=ORGANIZATION))
    for at in range(len(token)):
        for bit in range(8):
            changed = bytearray(token)
            changed[at] ^= 1 << bit
            assert not verify(base64.b64encode(changed).decode(), THOUGHT).accepted


def test_a_cut_or_lengthened_signature_is_refused() -> None:
    token = sign(THOUGHT)
    assert verify(token[:-4], THOUGHT) is Verdict.INVALID
    assert verify(token + "AAAA", THOUGHT) is Verdict.INVALID
    assert verify(token + "\n", THOUGHT) is Verdict.INVALID


@pytest.mark.parametrize("token", ["", "bad", "EqQBCgIYAhIM1gbcDa9GJwZA2b3h...", "x" * 200, "AAAA" * 40, "é"])
def test_what_is_no_token_is_refused(token: str) -> None:
    assert verify(token, THOUGHT) is Verdict.INVALID
    assert verify_sealed(token, "redacted_thinking") is Verdict.INVALID


@pytest.mark.parametrize("kind", [None, 1, 2])
def test_a_foreign_signature_of_the_real_form_is_accepted(kind: int | None) -> None:
    assert verify(foreign(kind), "any text") is Verdict.FOREIGN
    assert verify_sealed(foreign(kind), "redacted_thinking").accepted


def test_a_foreign_token_for_something_else_is_no_signature() -> None:
    assert verify(foreign(3), "any text") is Verdict.INVALID
    assert verify_sealed(foreign(3), "web_search_result") is Verdict.FOREIGN


def test_a_foreign_token_of_another_form_is_refused() -> None:
    assert verify(foreign(first=b"n" * 11), "any text") is Verdict.INVALID
    assert verify(foreign(header=field(1, 7)), "any text") is Verdict.INVALID


@pytest.mark.parametrize("purpose", SEALED)
def test_what_is_sealed_can_be_read_again_here(purpose: str) -> None:
    token = seal("what the model saw", purpose, organization=ORGANIZATION)
    assert verify_sealed(token, purpose) is Verdict.OURS
    assert unsealed(token, purpose) == "what the model saw"


def test_a_token_is_good_for_one_purpose_only() -> None:
    token = seal("thoughts", "redacted_thinking")
    assert verify_sealed(token, "web_search_result") is Verdict.INVALID
    assert verify(token, "") is Verdict.INVALID
    assert unsealed(token, "compaction") is None
    assert unsealed(foreign(), "redacted_thinking") is None


def test_an_unknown_purpose_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        seal("x", "nothing known")


@given(st.text(max_size=200), st.text(max_size=20), st.booleans())
def test_any_text_can_be_signed(thinking: str, context: str, shown: bool) -> None:
    assert verify(sign(thinking, context, shown=shown), thinking, context) is Verdict.OURS


@given(st.binary(max_size=300))
def test_any_bytes_get_a_verdict(data: bytes) -> None:
    assert isinstance(verify(base64.b64encode(data).decode(), "x"), Verdict)
