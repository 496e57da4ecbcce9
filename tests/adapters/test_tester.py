"""The Python surface, the same on all three ways: a server of one's own, one that runs, one in process."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anthropic
import pytest
import trio

import fakeapi
from fakeapi.adapters.tester.tester import Tester
from tests.adapters.desk import ASKED, WAYS, ask, client_of, reached, said, told_tool


@pytest.fixture(params=WAYS)
def tester(request) -> Iterator[Tester]:
    with reached(request.param) as found:
        yield found


@pytest.fixture(params=WAYS)
def session(request) -> Iterator[Tester]:
    with reached(request.param, "a/b ünd ..%2F?#".replace("/", "-")) as found:
        yield found


# What is answered


def test_a_reply_answers_everything(tester):
    tester.reply("Hi")
    assert [ask(tester, "Hello"), ask(tester, "Anything")] == ["Hi", "Hi"]


def test_a_reply_leaves_what_a_rule_matches_to_the_rule(tester):
    tester.on("weather").reply("Sunny.")
    tester.reply("Hi")
    assert [ask(tester, "the weather?"), ask(tester, "Hello")] == ["Sunny.", "Hi"]


def test_the_last_word_counts(tester):
    tester.on("weather").reply("Sunny.")
    tester.on("weather").reply("Rainy.")
    assert ask(tester, "the weather?") == "Rainy."


def test_a_reply_has_parts(tester):
    tester.reply(json={"a": 1})
    assert ask(tester, "Hello") == '{"a": 1}'
    tester.reply("And", stop_reason="max_tokens")
    with tester.client() as client:
        message = client.messages.create(**ASKED, messages=[{"role": "user", "content": "x"}])
    assert (said(message), message.stop_reason) == ("And", "max_tokens")


def test_a_tool_is_called(tester):
    tester.on(text="weather").call_tool("get_weather", city="Paris")
    assert ask(tester, "the weather?", tools=[told_tool()]) == "get_weather {'city': 'Paris'}"


def test_a_tool_may_take_an_input_that_is_called_name(tester):
    tester.on("who").call_tool("find", name="Ada", times=2)
    tool = {"name": "find", "input_schema": {"type": "object"}}
    assert ask(tester, "who?", tools=[tool]) == "find {'name': 'Ada', 'times': 2}"


def test_conditions_go_together(tester):
    tester.on("weather", model="claude-opus-*").reply("Sunny.")
    tester.reply("Hi")
    assert ask(tester, "the weather?") == "Sunny."
    assert ask(tester, "the weather?", model="claude-haiku-4-5") == "Hi"


def test_a_match_may_be_given_as_a_rule_has_it(tester):
    tester.on({"any": ["snow", "rain"]}).reply("Wet.")
    tester.on({"not": "snow"}, text="sun").reply("Dry.")
    assert [ask(tester, "rain?"), ask(tester, "sun?"), ask(tester, "sun or snow?")] == ["Wet.", "Dry.", "Wet."]


def test_failures_come_before_anything_else_and_end(tester):
    tester.reply("Hi")
    tester.fail(529, times=2)
    assert [ask(tester, "Hello") for _ in range(3)] == ["529 overloaded_error"] * 2 + ["Hi"]


def test_failures_have_details(tester):
    tester.fail(429, retry_after=3, message="Slow down.")
    with tester.client(max_retries=0) as client, pytest.raises(anthropic.RateLimitError) as caught:
        client.messages.create(**ASKED, messages=[{"role": "user", "content": "x"}])
    assert caught.value.response.headers["retry-after"] == "3"
    assert "Slow down." in str(caught.value)


def test_a_failure_may_be_of_one_kind_of_request(tester):
    tester.reply("Hi")
    tester.on("weather").fail("api_error", times=1)
    assert [ask(tester, "weather"), ask(tester, "weather"), ask(tester, "x")] == ["500 api_error", "Hi", "Hi"]


def test_a_refusal_is_an_answer(tester):
    tester.on("bomb").refuse("No.", "cyber")
    with tester.client() as client:
        message = client.messages.create(**ASKED, messages=[{"role": "user", "content": "a bomb"}])
    assert message.stop_reason == "refusal"


def test_a_script_plays_turn_after_turn(tester):
    tester.script([{"tool_use": {"name": "get_weather", "input": {"city": "Rome"}}}, "Done."])
    assert ask(tester, "go", tools=[told_tool()]) == "get_weather {'city': 'Rome'}"
    assert ask(tester, "go on") == "Done."
    assert ask(tester, "and now?").startswith("400")


def test_a_script_of_some_requests(tester):
    tester.on("count").script(["one", "two"], at_end="repeat")
    assert [ask(tester, f"count {n}") for n in range(3)] == ["one", "two", "two"]


def test_rules_are_given_as_in_a_file(tester):
    tester.add([{"match": "a", "respond": "A"}, {"match": "b", "respond": "B"}])
    tester.add("- {match: c, respond: C}\n- {match: d, respond: D}\n")
    assert [ask(tester, text) for text in ("a", "b", "c", "d")] == ["A", "B", "C", "D"]


def test_rules_without_a_name_never_take_anothers(tester):
    for text in ("a", "b", "c"):
        tester.add(f"- {{match: {text}, respond: {text.upper()}}}\n")
        tester.on(text * 2).reply("both")
    assert len({rule["name"] for rule in tester.rules}) == 6
    assert [ask(tester, text) for text in ("a", "b", "c")] == ["A", "B", "C"]


def test_a_rule_of_the_same_name_stands_in_for_the_first_and_begins_anew(tester):
    for _ in range(2):
        tester.on("x", name="mine", times=1).reply("once")
        assert [ask(tester, "x") == "once", ask(tester, "x") == "once"] == [True, False]
    assert [rule["name"] for rule in tester.rules] == ["mine"]


def test_a_rule_is_taken_back(tester):
    tester.reply("Hi")
    rule = tester.on("x").reply("X")
    assert ask(tester, "x") == "X"
    assert rule.used == 1
    rule.remove()
    assert ask(tester, "x") == "Hi"
    again = tester.fail(500, times=1)
    assert again != rule
    assert ask(tester, "x") == "500 api_error"


def test_rules_say_how_often_they_answered_and_who_added_them(tester):
    tester.reply("Hi")
    ask(tester, "x")
    (rule,) = tester.rules
    assert (rule["name"], rule["used"], rule["owner"], rule["priority"]) == ("rule#1", 1, "session", -10)
    assert re.fullmatch(r".*test_tester\.py:\d+", rule["place"])


# What came


def test_calls_show_what_was_sent_and_answered(tester):
    tester.reply("Hi")
    ask(tester, "Hello", system="Be brief.", tools=[told_tool()])
    call = tester.calls[-1]
    assert call.messages[-1].text == call.text == "Hello"
    assert (call.model, call.system, call.tools, call.stream) == ("claude-opus-5", "Be brief.", ["get_weather"], False)
    assert (call.status, call.outcome, call.rule, call.answer_text) == (200, "completed", "rule#1", "Hi")
    assert call.headers["anthropic-version"]
    assert call.usage
    assert call.cost
    assert call.error is None


def test_calls_show_errors(tester):
    tester.fail(529)
    ask(tester, "Hello")
    call = tester.last_call
    assert call.error == {"type": "overloaded_error", "message": "Overloaded"}
    assert (call.status, call.answer, call.answer_text) == (529, None, "")


def test_calls_show_streams_put_together(tester):
    tester.reply("Hello there, this is a stream.")
    asked: Any = {**ASKED, "messages": [{"role": "user", "content": "x"}]}
    with tester.client() as client, client.messages.stream(**asked) as stream:
        text = stream.get_final_text()
    assert tester.last_call.answer_text == text
    assert tester.last_call.stream
    assert tester.last_call.outcome == "completed"


def test_calls_show_tool_results(tester):
    tester.script([{"tool_use": {"name": "get_weather", "input": {}}}, "Done."])
    with tester.client() as client:
        asked: list[Any] = [{"role": "user", "content": "x"}]
        message = client.messages.create(**ASKED, messages=asked, tools=[told_tool()])
        result = {"type": "tool_result", "tool_use_id": message.content[-1].id, "content": "18°C"}
        asked += [{"role": "assistant", "content": message.content}, {"role": "user", "content": [result]}]
        client.messages.create(**ASKED, messages=asked, tools=[told_tool()])
    assert tester.calls[1].messages[-1].tool_results == [result]
    assert tester.calls[1].text == "x"


def test_calls_leave_out_what_is_no_message(tester):
    with tester.client() as client:
        client.models.list()
    ask(tester, "Hello")
    assert [call.text for call in tester.calls] == ["Hello"]
    assert [call.entry["path"].rpartition("/")[2] for call in tester.exchanges] == ["models", "messages"]


def test_calls_stand_one_in_a_line(tester):
    assert repr(tester.calls) == "<0 calls>"
    tester.reply("Hi")
    ask(tester, "Hello")
    number = tester.last_call.number
    lines = repr(tester.calls).splitlines()
    assert lines[0] == "<1 call>"
    assert re.fullmatch(rf"  <Call {number}: POST .*/v1/messages 200 'Hello'>", lines[1])


def test_there_is_no_last_call_before_the_first(tester):
    with pytest.raises(AssertionError, match="no request for a message has come"):
        _ = tester.last_call


def test_what_came_is_told(tester):
    tester.reply("Hi")
    for text in ("Hello", "Goodbye"):
        ask(tester, text)
    assert "Hello" in tester.tell()
    assert "Goodbye" in tester.tell(1)
    assert "asked     Hello" not in tester.tell(1)


def test_more_calls_than_a_page_has(tester):
    tester.reply("Hi")
    with tester.client() as client:
        for number in range(510):
            client.messages.create(**ASKED, messages=[{"role": "user", "content": str(number)}])
    assert [call.text for call in tester.calls] == [str(number) for number in range(510)]


# What should come


def test_assertions_hold(tester):
    tester.reply("Hi")
    tester.assert_not_called()
    ask(tester, "Hello")
    tester.assert_called_once()
    ask(tester, "Goodbye")
    tester.assert_called()
    tester.assert_called(2)
    tester.assert_called_once(text="Hello")
    tester.assert_not_called(text="Nothing")
    tester.assert_order("Hello", {"text": "Goodbye"})


def test_an_assertion_that_does_not_hold_says_what_came_instead(tester):
    ask(tester, "Hello")
    with pytest.raises(AssertionError, match="exactly 1 request: text 'Goodby'") as caught:
        tester.assert_called_once(text="Goodby")
    assert "came 'Hello'" in str(caught.value)
    with pytest.raises(AssertionError):
        tester.assert_not_called()
    with pytest.raises(AssertionError, match="in this order"):
        tester.assert_order("Goodbye", "Hello")


def test_the_retries_of_an_sdk_may_count_or_not(tester):
    tester.reply("Hi")
    tester.fail(529, times=1, headers={"retry-after-ms": "1"})
    assert ask(tester, "Hello", retries=2) == "Hi"
    tester.assert_called(2)
    tester.assert_called_once(retries=False)
    assert [call.attempt for call in tester.calls] == [0, 1]


def test_unused_rules_and_unmatched_requests_are_found(tester):
    rule = tester.on("never").reply("x")
    with pytest.raises(AssertionError, match=re.escape(rule)):
        tester.assert_all_used()
    tester.change(unmatched="error")
    assert ask(tester, "nevr").startswith("400")
    with pytest.raises(AssertionError, match="no rule matched #1 'nevr'"):
        tester.assert_none_unmatched()
    assert tester.unmatched[0]["diagnosis"]["nearest"][0]["rule"] == rule
    ask(tester, "never")
    tester.assert_all_used()


def test_a_client_that_copes_is_resilient(tester):
    tester.reply("Hi")
    tester.fail(529, times=1, headers={"retry-after-ms": "1"})
    assert ask(tester, "Hello", retries=2) == "Hi"
    tester.assert_resilient()


def test_a_client_that_does_not_cope_is_not(tester):
    tester.fail(401)
    for _ in range(3):
        ask(tester, "Hello")
    with pytest.raises(AssertionError, match="failure non_retryable_retried"):
        tester.assert_resilient()
    tester.assert_resilient("retry_after_ignored")
    assert [verdict["name"] for verdict in tester.verdicts("non_retryable_retried")] == ["non_retryable_retried"]


def test_one_waits_for_what_a_thread_asks(tester):
    tester.reply("Hi")
    thread = threading.Thread(target=lambda: [ask(tester, str(number)) for number in range(3)])
    thread.start()
    calls = tester.wait_for(n=3, timeout=30)
    assert [call.status for call in calls] == [200, 200, 200]
    tester.wait_for(text="2")
    thread.join()


def test_waiting_in_vain_says_so(tester):
    ask(tester, "Hello")
    with pytest.raises(AssertionError, match="at least 2 requests"):
        tester.wait_for(n=2, timeout=0.05)


def test_tasks_go_on_while_one_waits(tester):
    async def run() -> list[str]:
        async with tester.async_client() as client:
            asking = [client.messages.create(**ASKED, messages=[{"role": "user", "content": str(n)}]) for n in range(3)]
            waiting = asyncio.ensure_future(tester.wait_for_async(n=3, timeout=30))
            await asyncio.gather(*asking)
            return sorted(call.text for call in await waiting)

    assert asyncio.run(run()) == ["0", "1", "2"]


def test_tasks_of_trio_go_on_while_one_waits():
    with reached("in_process") as tester:
        waited: list[int] = []

        async def wait() -> None:
            waited.append(len(await tester.wait_for_async(n=2, timeout=30)))

        async def run() -> None:
            async with tester.async_client() as client, trio.open_nursery() as nursery:
                nursery.start_soon(wait)
                for _ in range(2):
                    await client.messages.create(**ASKED, messages=[{"role": "user", "content": "x"}])

        trio.run(run)
    assert waited == [2]


def test_waiting_in_async_code_fails_at_the_line_of_the_test(tester):
    with pytest.raises(fakeapi.FakeapiError, match=r"test_tester\.py:\d+: verify: timeout"):
        asyncio.run(tester.wait_for_async(timeout=-1))
    with pytest.raises(AssertionError, match="at least 1 request"):
        asyncio.run(tester.wait_for_async(timeout=0.01))


def test_a_test_is_read_while_others_ask(tester):
    tester.reply("Hi")
    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(_ask_often, tester) for _ in range(4)]
        while not all(each.done() for each in asking):
            assert all(call.number for call in tester.calls)
            tester.assert_not_called(text="nothing of the kind")
            tester.tell(5)
        for each in asking:
            each.result()
    assert {call.outcome for call in tester.wait_for(n=120)} == {"completed"}


def _ask_often(tester: Tester) -> None:
    with client_of(tester, max_retries=0) as client:
        for number in range(30):
            asked: Any = {**ASKED, "messages": [{"role": "user", "content": f"number {number}"}]}
            with client.messages.stream(**asked) as stream:
                stream.get_final_message()


# The session


def test_the_clock_is_moved(tester):
    before = tester.clock.now
    tester.clock.advance(3600)
    assert 3600 <= tester.clock.now - before < 3610


def test_a_failure_ends_on_the_sessions_clock(tester):
    tester.reply("Hi")
    tester.fail(529, lifetime=60)
    assert ask(tester, "x") == ask(tester, "x") == "529 overloaded_error"
    tester.clock.advance(61)
    assert ask(tester, "x") == "Hi"
    assert [rule["name"] for rule in tester.rules] == ["rule#1"]


def test_settings_are_the_sessions_own(tester):
    tester.change(contract="off", seed=7)
    assert (tester.settings["contract"], tester.settings["seed"]) == ("off", 7)
    other = tester.session("other")
    assert other.settings["contract"] == "strict"


def test_a_reset_session_is_as_new_born(tester):
    tester.reply("Hi")
    tester.change(seed=7)
    tester.clock.advance(86_400)
    before = tester.clock.now
    ask(tester, "Hello")
    tester.reset()
    assert (len(tester.rules), len(tester.exchanges), tester.settings["seed"]) == (0, 0, 0)
    assert tester.clock.now < before


def test_a_session_goes_back_to_a_snapshot(tester):
    tester.script(["one", "two", "three"])
    assert ask(tester, "x") == "one"
    tester.snapshot()
    now = tester.clock.now
    for _ in range(2):
        assert [ask(tester, "x"), ask(tester, "y")] == ["two", "three"]
        tester.clock.advance(86_400)
        tester.fail(500)
        tester.roll_back()
        assert len(tester.calls) == 1
        assert tester.clock.now - now < 3600


def test_an_unknown_snapshot_is_a_clear_error(tester):
    with pytest.raises(fakeapi.FakeapiError, match=r"has no snapshot 'typo'; it has none"):
        tester.roll_back("typo")


def test_sessions_are_apart(tester):
    one, two = tester.session("one"), tester.session("two")
    one.reply("One")
    two.reply("Two")
    assert [ask(one, "x"), ask(two, "x")] == ["One", "Two"]
    assert (len(one.calls), len(two.calls), len(tester.calls)) == (1, 1, 0)


def test_a_session_without_an_id_is_a_new_one_and_forgotten_at_its_end(tester):
    with tester.session(seed=3) as first, tester.session() as second:
        assert len({first.id, second.id}) == 2
        assert first.settings["seed"] == 3
        first.reply("x")
        assert ask(first, "Hello") == "x"
        id = first.id
    ids = [session["id"] for session in tester.ask("GET", "/sessions")["sessions"]]
    assert id not in ids


def test_an_odd_id_is_as_good_as_any(session):
    session.reply("Hi")
    assert ask(session, "Hello") == "Hi"
    assert len(session.calls) == 1
    assert session.ask("GET", "/session")["id"] == session.id == "a-b ünd ..%2F?#"
    session.drop()
    assert len(session.calls) == 0


@pytest.mark.parametrize("id", ["a/b", "..", "", "x" * 201, "a\nb", " a"])
def test_an_id_that_no_path_can_carry_is_refused(tester, id):
    with pytest.raises(fakeapi.FakeapiError, match="can't be the id of a session"):
        tester.session(id)


# Wrong use


@pytest.mark.parametrize(
    ("use", "told"),
    [
        (lambda tester: tester.reply(bogus=1), "respond has no key 'bogus'"),
        (lambda tester: tester.on(texts="x").reply("y"), "'texts'"),
        (lambda tester: tester.on("x").reply("y", times="often"), "times"),
        (lambda tester: tester.fail("no_such_error"), "no_such_error"),
        (lambda tester: tester.script([]), "turn"),
        (lambda tester: tester.add("- {match: a\n"), "(YAML):"),
        (lambda tester: tester.add(None), "the body is a rule"),
        (lambda tester: tester.add({"match": "x", "respond": {1, 2}}), "only what JSON can say"),
        (lambda tester: tester.fail(529, lifetime=-1), "lifetime is a number of seconds above 0"),
        (lambda tester: tester.change(port=1), "port belongs to the whole server"),
        (lambda tester: tester.change(contract="lax"), "'lax' is not one of"),
        (lambda tester: tester.clock.advance(-1), "time never runs backwards"),
        (lambda tester: tester.assert_called(text={"regexp": "x"}), "regexp"),
        (lambda tester: tester.wait_for(timeout=10_000), "timeout"),
        (lambda tester: tester.verdicts("nonsense"), "nonsense"),
        (lambda tester: tester.reply("x").__class__(tester, "gone").remove(), "no rule 'gone'"),
    ],
)
def test_wrong_use_is_an_error_at_the_line_of_the_test(tester, use, told):
    with pytest.raises(fakeapi.FakeapiError) as caught:
        use(tester)
    assert re.match(r"(tests/adapters/)?test_tester\.py:\d+", str(caught.value)), caught.value
    assert told in str(caught.value)
