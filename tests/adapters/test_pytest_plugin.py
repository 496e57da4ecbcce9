"""The pytest plugin: sessions, and what fails a test. Each test here runs a small suite of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.adapters import suites

pytest_plugins = ["pytester"]
suite = suites.suite


# Sessions and the environment


def test_the_environment_leads_clients_to_the_session_of_the_test_and_is_as_before_afterwards(suite, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "a real token")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "https://api.anthropic.com")
    result = suite("""
def test_inside(fakeapi):
    assert os.environ["ANTHROPIC_BASE_URL"] == fakeapi.url == os.environ["ANTHROPIC_API_URL"]
    assert os.environ["ANTHROPIC_API_BASE"] == fakeapi.url
    assert os.environ["ANTHROPIC_API_KEY"] == "sk-ant-fake"
    assert "ANTHROPIC_AUTH_TOKEN" not in os.environ
    assert ask() == "Hello!"

def test_afterwards():
    assert os.environ["ANTHROPIC_BASE_URL"] == "https://api.anthropic.com"
    assert os.environ["ANTHROPIC_AUTH_TOKEN"] == "a real token"
    assert "ANTHROPIC_API_URL" not in os.environ
""")
    result.assert_outcomes(passed=2)


def test_where_there_is_a_proxy_it_is_not_asked_for_this_machine(suite, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "intranet")
    result = suite("""
def test_a(fakeapi):
    assert ask() == "Hello!"
    assert os.environ["no_proxy"].split(",")[:2] == ["intranet", "127.0.0.1"]
""")
    result.assert_outcomes(passed=1)


def test_each_test_has_a_session_of_its_own_on_one_server(suite):
    result = suite("""
urls = []

@pytest.mark.parametrize("number", range(3))
def test_a(fakeapi, number):
    urls.append(fakeapi.url)
    fakeapi.reply(f"answer {number}")
    assert ask() == f"answer {number}"
    assert [call.text for call in fakeapi.calls] == ["Hello, Claude"]

def test_all(fakeapi):
    assert len(set(urls)) == 3
    assert len({url.partition("/s/")[0] for url in urls}) == 1
    assert fakeapi.calls == []
""")
    result.assert_outcomes(passed=4)


def test_a_suite_that_uses_the_server_directly_has_sessions_as_long_as_it_likes(suite):
    result = suite("""
@pytest.fixture(scope="module")
def application(fakeapi_server):
    return fakeapi_server.session("application")

def test_a(application):
    application.reply("Hi.")
    assert ask(client=application.client()) == "Hi."

def test_b(application):
    assert ask(client=application.client()) == "Hi."
    assert len(application.calls) == 2
""")
    result.assert_outcomes(passed=2)


# What fails a test

OPTIONS = """
@pytest.fixture(scope="session")
def fakeapi_options():
    return {"unmatched": "default"}

"""


def test_a_request_that_no_rule_matches_fails_the_test_with_the_near_miss(suite):
    result = suite("""
def test_a(fakeapi):
    fakeapi.on("weather").reply("Sunny.")
    refused("How is the wether?")
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "fakeapi: 1 request was matched by no rule:",
            '  #*  POST /v1/messages  asked: "How is the wether?"',
            '      nearest: rule#1 (test_suite.py:*) wants text.contains "weather", came "How is the wether?"',
            "               you have 'wether', the rule wants 'weather'",
            '*fakeapi.on("...").reply("...")*',
        ]
    )


@pytest.mark.parametrize(
    ("code", "ini"),
    [
        ('@pytest.mark.fakeapi(unmatched="default")\ndef test_a(fakeapi):', ""),
        ("def test_a(fakeapi):", "fakeapi_unmatched = default"),
        (OPTIONS + "def test_a(fakeapi):", ""),
    ],
    ids=["marker", "ini", "options"],
)
def test_what_no_rule_matches_has_the_default_answer_where_that_is_asked_for(suite, code, ini):
    result = suite(f'{code}\n    fakeapi.on("weather").reply("Sunny.")\n    assert ask() == "Hello!"\n', ini=ini)
    result.assert_outcomes(passed=1)


def test_a_rule_that_only_fails_needs_no_others(suite):
    result = suite("""
def test_a(fakeapi):
    fakeapi.fail(529, times=1)
    assert ask() == "Hello!"
    fakeapi.assert_resilient()
""")
    result.assert_outcomes(passed=1)


def test_a_refused_request_fails_the_test_although_the_code_gets_over_it(suite):
    result = suite("def test_a(fakeapi):\n    refused(**BROKEN)\n    refused(**BROKEN)\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "fakeapi: 2 requests were refused, as the real API would refuse them:",
            "  #*, #*  POST /v1/messages 400  verbose: Extra inputs are not permitted",
            '*fakeapi.expect_refusal("verbose: Extra inputs are not permitted")*',
        ]
    )


def test_a_refusal_that_is_expected_fails_nothing(suite):
    result = suite("""
def test_before(fakeapi):
    fakeapi.expect_refusal("verbose: Extra inputs")
    refused(**BROKEN)

def test_after(fakeapi):
    refused(**BROKEN)
    fakeapi.expect_refusal(status=400)

@pytest.mark.fakeapi(allow_refused=True)
def test_allowed(fakeapi):
    refused(**BROKEN)
""")
    result.assert_outcomes(passed=3)


def test_a_refusal_that_is_expected_and_never_comes_fails_the_test(suite):
    result = suite("""
def test_other(fakeapi):
    fakeapi.expect_refusal("temperature")
    refused(**BROKEN)

def test_none(fakeapi):
    fakeapi.expect_refusal(status=404)
""")
    result.assert_outcomes(failed=2)
    text = result.stdout.str()
    assert "1 refusal was expected and never came:\n  'temperature'" in text
    assert "1 request was refused" in text
    assert "1 refusal was expected and never came:\n  404 any sentence" in text


def test_where_the_contract_warns_a_violation_fails_the_test(suite):
    result = suite("""
@pytest.mark.fakeapi(contract="warn")
def test_a(fakeapi):
    assert ask(**BROKEN) == "Hello!"

@pytest.mark.fakeapi(contract="warn", allow_refused=True)
def test_b(fakeapi):
    assert ask(**BROKEN) == "Hello!"

@pytest.mark.fakeapi(contract="off")
def test_c(fakeapi):
    assert ask(**BROKEN) == "Hello!"
""")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["fakeapi: 1 request was answered only because*", "*invalid_request_error: verbose: Extra inputs*"]
    )


def test_a_warning_that_is_not_about_the_contract_fails_nothing(suite):
    result = suite("""
def test_a(fakeapi):
    fakeapi.on("weather").call_tool("nobody_offers_this", city="Paris")
    with anthropic.Anthropic() as client:
        client.messages.create(**BASIC, **said("weather"))
    assert fakeapi.calls[0].warnings
""")
    result.assert_outcomes(passed=1)


def test_a_script_that_is_over_fails_the_test(suite):
    result = suite("""
def test_a(fakeapi):
    fakeapi.script(["One."])
    assert ask() == "One."
    refused()
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["fakeapi: a rule had no answer left for 1 request:", '*at_end="repeat"*'])


def test_a_bug_of_the_server_fails_the_test_and_says_whose_it_is(suite):
    result = suite("""
def test_a(fakeapi, monkeypatch):
    from fakeapi import engine

    def broken(*_):
        raise RuntimeError("boom")

    monkeypatch.setitem(engine.ROADS["/v1/models"], "GET", broken)
    with pytest.raises(anthropic.InternalServerError), anthropic.Anthropic(max_retries=0) as client:
        client.models.list()
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["fakeapi: fakeapi itself failed at 1 request:", "*RuntimeError: boom*", "*report it*"])


def test_errors_that_were_asked_for_are_no_faults(suite):
    result = suite("""
def test_a(fakeapi):
    fakeapi.on("weather").fail(400)
    refused("weather")

@pytest.mark.fakeapi(limits="requests=1/min")
def test_b(fakeapi):
    ask()
    with pytest.raises(anthropic.RateLimitError), anthropic.Anthropic(max_retries=0) as client:
        client.messages.create(**BASIC, **said("again"))
""")
    result.assert_outcomes(passed=2)


def test_a_thread_that_is_not_known_any_more_is_no_fault(suite):
    result = suite("""
def test_a(fakeapi):
    with pytest.raises(anthropic.NotFoundError, match="no usable state"):
        thread = {"type": "continue", "previous_message_id": "msg_011CSHoEeqs5C35K2UUqR7Fy"}
        ask(extra_body={"thread": thread}, extra_headers={"anthropic-beta": "message-threads-2026-08-12"})
    assert [call.status for call in fakeapi.calls] == [404]
""")
    result.assert_outcomes(passed=1)


def test_an_agent_that_does_not_stop_fails_the_test_with_what_to_do(suite):
    result = suite("""
def test_a(fakeapi):
    fakeapi.script(["Go on."], loop=True, alarm=2)
    ask(), ask()
    refused()
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*this is turn 3 of an agent*", "*raise alarm*", "*the client doesn't stop.*"])


def test_a_required_rule_that_never_answered_fails_the_test(suite):
    result = suite("""
def test_own(fakeapi):
    fakeapi.add({"name": "paris", "match": "Paris", "respond": "Rainy.", "required": True})

@pytest.mark.fakeapi({"name": "rome", "match": "Rome", "respond": "Sunny."}, required=True)
def test_marked():
    pass

@pytest.mark.fakeapi({"match": "Hello", "respond": "Hi."}, required=True)
def test_used():
    assert ask() == "Hi."
""")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["  paris (test_suite.py:*)", "      it waits for: Paris", "  rome (test_suite.py:*)"])


def test_verdicts_fail_a_test_where_they_are_asked_for(suite):
    code = """
@pytest.mark.fakeapi(verdicts=True)
def test_a(fakeapi):
    fakeapi.fail(400)
    for _ in range(2):
        with pytest.raises(anthropic.BadRequestError):
            ask()
"""
    result = suite(code)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["fakeapi: the client did 1 thing wrong:", "*non_retryable_retried*", "*Retry 408*"])
    suite(code.replace("(verdicts=True)", "()")).assert_outcomes(passed=1)


def test_a_test_that_fails_by_itself_is_not_failed_again_and_shows_its_last_exchanges(suite):
    result = suite("""
def test_a(fakeapi):
    for number in range(7):
        ask(f"question {number}")
    refused(**BROKEN)
    assert "this" == "that"
""")
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "fakeapi: 8 exchanges" in text
    assert "(3 earlier requests are not shown)" in text
    assert "asked     question 2" not in text
    assert "asked     question 3" in text
    assert "assert 'this' == 'that'" in text
    assert "What to do" not in text


def test_a_test_that_passes_shows_nothing(suite):
    assert "exchange" not in suite("def test_a(fakeapi):\n    ask()\n", "-rA").stdout.str()


def test_what_goes_wrong_after_the_test_is_an_error_of_its_teardown(suite):
    result = suite("""
@pytest.fixture
def application(fakeapi):
    yield
    refused(**BROKEN)

def test_a(application):
    pass
""")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["fakeapi: 1 request was refused*", "*fakeapi: 1 exchange*"])


def test_a_setup_that_fails_shows_the_exchanges(suite):
    result = suite("""
@pytest.fixture
def application(fakeapi):
    ask("are you there?")
    raise RuntimeError

def test_a(application):
    pass
""")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fakeapi: 1 exchange*", "*are you there?*"])


def test_an_expected_failure_may_be_of_this_kind(suite):
    result = suite("@pytest.mark.xfail(strict=True)\ndef test_a(fakeapi):\n    refused(**BROKEN)\n")
    result.assert_outcomes(xfailed=1)


# What it costs


def test_a_run_that_does_not_use_it_imports_the_plugin_alone(tmp_path):
    (tmp_path / "test_nothing.py").write_text("def test_nothing(): pass\n")
    program = (
        "import sys, pytest; pytest.main(['-q', '-p', 'no:cacheprovider', *sys.argv[1:]]);"
        "print('LOADED', *sorted(sys.modules))"
    )

    def loaded(*arguments: str) -> set[str]:
        command = [sys.executable, "-c", program, *arguments, str(tmp_path)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        return set(done.stdout.partition("LOADED ")[2].split())

    more = {name for name in loaded() - loaded("-p", "no:fakeapi") if not name.startswith("__editable__")}
    assert more == {"fakeapi", "fakeapi.adapters", "fakeapi.adapters.pytest_plugin"}
