"""Rate limits on the clock of the session: what is shown, what is refused, and when it is taken again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import anthropic
import pytest

from fakeapi import engine, transport
from fakeapi.errors import FakeapiError
from fakeapi.settings import Settings
from tests import street
from tests.endpoints.talking import LONG, Talk

MODEL = "claude-sonnet-4-5-20250929"
PREFIX = "anthropic-ratelimit-"
NAMES = ("input-tokens", "output-tokens", "requests", "tokens")


def asking(text: str = "Hello", **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "max_tokens": 1024, "messages": [{"role": "user", "content": text}], **more}


def words(count: int) -> str:
    """A text of about this many tokens."""
    return "river " * count


def limited(limits: str = "tier1", **more: Any) -> Talk:
    return Talk(Settings(limits=limits, **more))


def shown(answer: engine.Answer) -> dict[str, tuple[int, int, float]]:
    """Limit, remaining, and seconds until the reset (from the second of the request)."""
    found = {}
    for name in NAMES:
        limit, remaining, reset = (
            street.header(answer, f"{PREFIX}{name}-{each}") for each in ("limit", "remaining", "reset")
        )
        if limit is not None:
            assert remaining is not None
            assert reset is not None
            moment = datetime.strptime(reset, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
            found[name] = (int(limit), int(remaining), moment - int(street.NOW))
    return found


def retry_after(answer: engine.Answer) -> int:
    assert answer.reply.status == 429
    assert street.header(answer, "x-should-retry") == "true"
    return int(street.header(answer, "retry-after") or 0)


def spend(talk: Talk, times: int, **more: Any) -> None:
    for _ in range(times):
        talk.say(asking(**more))


def refused_for(talk: Talk, **how: Any) -> engine.Answer:
    answer = talk.begin(asking(**how))
    assert answer.reply.status == 429, street.sent(answer)
    return answer


def test_without_limits_the_generous_ones_are_shown_and_nothing_is_refused():
    talk = Talk()
    for _ in range(60):
        talk.say(asking())
    assert talk.last is not None
    assert shown(talk.last) == {
        "input-tokens": (10_000_000, 10_000_000, 0),
        "output-tokens": (2_000_000, 2_000_000, 0),
        "requests": (10_000, 9_999, 0),
        "tokens": (12_000_000, 12_000_000, 0),
    }


@pytest.mark.parametrize(
    ("tier", "model", "requests", "tokens_in", "tokens_out"),
    [
        ("tier1", "claude-opus-4-5", 50, 30_000, 8_000),
        ("tier1", "claude-haiku-4-5", 50, 50_000, 10_000),
        ("tier2", "claude-3-7-sonnet-20250219", 1_000, 40_000, 16_000),
        ("tier2", "claude-haiku-4-5", 1_000, 450_000, 90_000),
        ("tier3", "claude-sonnet-4-6", 2_000, 800_000, 160_000),
        ("tier4", "claude-opus-4-6", 4_000, 2_000_000, 400_000),
        ("tier4", "claude-haiku-4-5", 4_000, 4_000_000, 800_000),
        ("tier4", "claude-3-5-haiku-20241022", 4_000, 400_000, 80_000),
    ],
)
def test_a_tier_has_the_recorded_limits_of_each_model(tier, model, requests, tokens_in, tokens_out):
    answer = limited(tier).begin(asking(model=model))
    assert {name: limit for name, (limit, _, _) in shown(answer).items()} == {
        "input-tokens": tokens_in,
        "output-tokens": tokens_out,
        "requests": requests,
        "tokens": tokens_in + tokens_out,
    }


def test_the_first_request_shows_what_it_took():
    talk = limited()
    usage = talk.say(asking(words(2900)))["usage"]
    assert talk.last is not None
    assert 2500 < usage["input_tokens"] < 3500
    moment = street.NOW % 1
    of_output = int(usage["output_tokens"] / 8000 * 60 + moment)
    assert shown(talk.last) == {
        "input-tokens": (30_000, 27_000, int(usage["input_tokens"] / 500 + moment)),
        "output-tokens": (8_000, 8_000, of_output),
        "requests": (50, 49, int(1.2 + moment)),
        "tokens": (38_000, 35_000, of_output),
    }


def test_a_stream_shows_no_output_yet():
    seen = shown(limited("output=100/min").begin(asking(stream=True)))
    assert seen["output-tokens"] == (100, 100, 0)


def test_tokens_reset_with_the_one_that_resets_earlier():
    talk = limited("requests=1000,input=30000,output=600")
    talk.say(asking(words(6000)))
    seen = shown(talk.begin(asking()))
    assert seen["input-tokens"][2] > seen["output-tokens"][2]
    assert seen["tokens"][2] == seen["output-tokens"][2]


def test_the_request_after_the_last_one_is_refused_in_the_api_s_words():
    talk = limited()
    spend(talk, 50)
    answer = refused_for(talk)
    error = street.json(answer)["error"]
    assert error["type"] == "rate_limit_error"
    assert error["message"].startswith(
        "This request would exceed your organization's rate limit of 50 requests per minute "
        f"(org: {street.header(answer, 'anthropic-organization-id')}, model: {MODEL}). For details, refer to: "
        "https://docs.claude.com/en/api/rate-limits. You can see the response headers for current usage. "
    )
    assert "requests" in shown(answer)
    assert shown(answer)["requests"][:2] == (50, 0)
    assert retry_after(answer) == 2


def test_an_alias_is_refused_by_the_name_of_its_model():
    talk = limited("requests=1")
    talk.say(asking(model="claude-sonnet-4-5"))
    assert f"model: {MODEL})" in talk.refused(asking(model="claude-sonnet-4-5"))["message"]


@pytest.mark.parametrize(
    ("limits", "way_up"),
    [("tier1,", "next usage tier"), ("tier4", "contact sales"), ("requests=50", "contact sales")],
)
def test_the_refusal_says_how_to_get_more(limits, way_up):
    talk = limited(limits)
    for _ in range(4001):
        answer = talk.begin(asking())
        if answer.reply.status == 429:
            break
    assert way_up in street.json(answer)["error"]["message"]


def test_who_waits_as_told_is_let_in_and_who_comes_earlier_is_refused_again():
    talk = limited()
    spend(talk, 50)
    told = retry_after(refused_for(talk))
    start = talk.now
    for early in (0.01, 0.5 * told, told - 0.3, told - 0.001):
        talk.now = start + early
        assert retry_after(refused_for(talk)) >= told - early
    talk.now = start + told
    talk.say(asking())


def test_input_is_refused_until_it_fits():
    talk = limited("input=30000/min")
    talk.say(asking(words(20_000)))
    answer = refused_for(talk, text=words(20_000))
    assert "30,000 input tokens per minute" in street.json(answer)["error"]["message"]
    assert shown(answer)["input-tokens"][:2] == (30_000, 0)
    told, start = retry_after(answer), talk.now
    assert 15 < told < 30
    talk.now = start + told - 1
    refused_for(talk, text=words(20_000))
    talk.say(asking("A short one fits."))
    talk.now = start + told + 1
    talk.say(asking(words(20_000)))


def test_a_request_larger_than_the_limit_of_a_minute_is_no_use_to_send_again():
    talk = limited("tier2")
    answer = refused_for(talk, text=words(460_000), model="claude-sonnet-4-6")
    assert "450,000 input tokens per minute" in street.json(answer)["error"]["message"]
    assert street.header(answer, "x-should-retry") == "false"
    assert street.header(answer, "retry-after") is None
    assert shown(answer) == {"input-tokens": (450_000, 450_000, 0), "requests": (1_000, 1_000, 0)}
    talk.say(asking(model="claude-sonnet-4-6"))


def test_output_counts_once_it_is_complete():
    talk = limited("output=100/min")
    streams = [talk.begin(asking("Tell me a long story.", stream=True, max_tokens=400)) for _ in range(3)]
    assert [shown(answer)["output-tokens"][1] for answer in streams] == [100, 100, 100]
    talk.end(streams[0], "client left")
    talk.end(streams[1], "cut")
    assert talk.begin(asking()).reply.status == 200
    for _ in range(20):
        talk.end(streams[2])
    answer = refused_for(talk)
    assert "100 output tokens per minute" in street.json(answer)["error"]["message"]
    assert shown(answer)["output-tokens"][:2] == (100, 0)
    talk.now += retry_after(answer)
    talk.say(asking())


def test_cached_input_is_free_for_models_that_do_not_count_it():
    talk = limited("input=30000/min")
    body = asking(system=[{"type": "text", "text": LONG * 2, "cache_control": {"type": "ephemeral"}}])
    written = talk.say(body)["usage"]["cache_creation_input_tokens"]
    assert written > 10_000
    for _ in range(10):
        assert talk.say(body)["usage"]["cache_read_input_tokens"] == written
    assert talk.last is not None
    assert shown(talk.last)["input-tokens"][1] == (30_000 - written + 500) // 1000 * 1000


def test_cached_input_counts_for_the_older_models():
    talk = limited("input=30000/min")
    cached = [{"type": "text", "text": LONG * 2, "cache_control": {"type": "ephemeral"}}]
    body = asking(system=cached, model="claude-3-5-haiku-20241022")
    assert talk.say(body)["usage"]["cache_creation_input_tokens"] > 10_000
    assert talk.say(body)["usage"]["cache_read_input_tokens"] > 10_000
    assert "30,000 input tokens" in talk.refused(body)["message"]


def test_each_key_and_each_model_has_limits_of_its_own():
    talk = limited("requests=1/min")
    talk.say(asking())
    talk.say(asking(), key="sk-ant-other")
    talk.say(asking(model="claude-haiku-4-5"))
    assert "rate limit of 1 requests" in talk.refused(asking())["message"]
    assert "rate limit of 1 requests" in talk.refused(asking(), key="sk-ant-other")["message"]


def test_what_the_contract_refuses_takes_nothing():
    talk = limited("requests=1/min")
    talk.refused(asking(max_tokens=-1))
    talk.say(asking())


def test_an_error_that_was_asked_for_takes_nothing():
    talk = limited("requests=1/min")
    answer = talk.begin({**asking(), "model": "fakeapi-529"})
    assert answer.reply.status == 529
    talk.end(answer)
    assert not [key for key in talk.store.snapshot("") if key[0] == "bucket"]


def test_a_refused_request_is_not_cached():
    talk = limited("requests=1/min")
    talk.say(asking())
    before = talk.store.snapshot("")
    talk.refused(asking(system=[{"type": "text", "text": LONG * 2, "cache_control": {"type": "ephemeral"}}]))
    assert {key for key in talk.store.snapshot("") if key[0] != "bucket"} == {
        key for key in before if key[0] != "bucket"
    }


def test_only_messages_are_limited():
    talk = limited("requests=1/min")
    talk.say(asking())
    for path, method in (("/v1/messages/count_tokens", "POST"), ("/v1/models", "GET")):
        body = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]}
        answer = street.ask(body, path=path, method=method, settings=talk.settings)
        assert answer.reply.status == 200
        assert shown(answer) == {}


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("requests=50/min,input=30000/min,output=8000/min", (50, 30_000, 8_000)),
        ("tier1,requests=5", (5, 30_000, 8_000)),
        ("input=30k, output = 2M/minute", (10_000, 30_000, 2_000_000)),
        ("Tier4", (4_000, 2_000_000, 400_000)),
    ],
)
def test_limits_are_read(text, limits):
    seen = shown(limited(text).begin(asking()))
    assert (seen["requests"][0], seen["input-tokens"][0], seen["output-tokens"][0]) == limits


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tier9", "limits: 'tier9' is no rate limit; use off, tier1, tier2, tier3, tier4, or such as requests=50/min"),
        ("words=3", "limits: 'words' is not one of requests, input, output"),
        ("requests=0/min", "limits: 'requests=0/min' allows nothing; at least 1 a minute"),
        ("requests=50/hour", "limits: 'requests=50/hour' is no rate limit"),
        ("requests=1,,", "limits: '' is no rate limit"),
    ],
)
def test_limits_that_cannot_be_read_are_one_clear_line(text, told):
    with pytest.raises(FakeapiError) as fault:
        engine.build(Settings(limits=text))
    assert told in str(fault.value)
    assert "\n" not in str(fault.value)


def test_a_client_that_retries_as_told_gets_through():
    clock = transport.VirtualClock()
    client = transport.client(transport.Transport(Settings(limits="requests=2/min"), clock=clock), max_retries=0)
    body = asking(model="claude-opus-4-8")

    def patient() -> float:
        try:
            client.messages.create(**body)
        except anthropic.RateLimitError as fault:
            clock.advance(float(fault.response.headers["retry-after"]))
            client.messages.create(**body)
        return clock()

    moments = [patient() for _ in range(6)]
    assert moments[-1] - moments[0] == pytest.approx(120, abs=4)


def test_the_items_of_batches_are_not_limited():
    clock = transport.VirtualClock()
    client = transport.client(transport.Transport(Settings(limits="requests=1/min"), clock=clock), max_retries=0)
    params: Any = asking(model="claude-opus-4-8")
    client.messages.create(**params)
    batch = client.messages.batches.create(requests=[{"custom_id": f"{n}", "params": params} for n in range(5)])
    clock.advance(3600)
    assert client.messages.batches.retrieve(batch.id).request_counts.succeeded == 5
