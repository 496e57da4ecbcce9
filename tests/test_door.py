"""The door: who is let in, and in which words everybody else is refused."""

from __future__ import annotations

import pytest

from fakeapi.settings import Settings
from tests.street import BASIC, DOOR, ask, header, json, message, refusal, sent

LOCKED = Settings(api_key=("right", "also-right"))
VERSION = ("anthropic-version", "2023-06-01")


def lines(*headers: tuple[str, str]):
    return (*headers, ("content-type", "application/json"))


@pytest.mark.parametrize(
    "credential",
    [("x-api-key", "anything"), ("authorization", "Bearer anything"), ("authorization", "bearer  anything")],
)
def test_any_key_that_is_not_empty_is_good_unless_some_are_named(credential):
    assert ask(headers=lines(credential, VERSION)).reply.status == 200


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("x-api-key", ""),),
        (("x-api-key", "  "),),
        (("authorization", "Bearer"),),
        (("authorization", "Bearer  "),),
        (("authorization", "Basic eDp5"),),
    ],
)
def test_without_a_key_nobody_is_let_in(headers):
    assert refusal(headers=lines(*headers, VERSION)) == (401, "authentication_error", "x-api-key header is required")


def test_a_key_that_is_not_named_is_refused_without_a_request_id_in_the_body():
    answer = ask(headers=lines(("x-api-key", "wrong"), VERSION), settings=LOCKED)
    assert json(answer) == {
        "type": "error",
        "error": {"type": "authentication_error", "message": "API key is invalid."},
    }
    assert answer.reply.status == 401
    assert header(answer, "request-id")


@pytest.mark.parametrize("key", ["right", "also-right"])
def test_every_named_key_is_good(key):
    assert ask(headers=lines(("x-api-key", key), VERSION), settings=LOCKED).reply.status == 200
    assert ask(headers=lines(("authorization", f"Bearer {key}"), VERSION), settings=LOCKED).reply.status == 200


def test_a_bearer_that_is_not_named_is_refused():
    answer = refusal(headers=lines(("authorization", "Bearer wrong"), VERSION), settings=LOCKED)
    assert answer == (401, "authentication_error", "Invalid bearer token")


def test_where_both_credentials_come_the_key_counts():
    both = (("authorization", "Bearer right"), ("x-api-key", "wrong"))
    assert refusal(headers=lines(*both, VERSION), settings=LOCKED)[2] == "API key is invalid."
    both = (("authorization", "Bearer wrong"), ("x-api-key", "right"))
    assert ask(headers=lines(*both, VERSION), settings=LOCKED).reply.status == 200


def test_the_version_is_required():
    expected = (400, "invalid_request_error", "anthropic-version: header is required")
    assert refusal(headers=lines(("x-api-key", "k"))) == expected


@pytest.mark.parametrize("version", ["2023-10-01", "", "latest"])
def test_an_unknown_version_is_refused_by_name(version):
    sentence = refusal(headers=lines(("x-api-key", "k"), ("anthropic-version", version)))[2]
    assert sentence == f'anthropic-version: "{version}" is not a valid version'


def test_a_version_sent_twice_is_read_as_one_value():
    sentence = refusal(headers=lines(("x-api-key", "k"), VERSION, VERSION))[2]
    assert sentence == 'anthropic-version: "2023-06-01, 2023-06-01" is not a valid version'


@pytest.mark.parametrize("version", ["2023-06-01", "2026-10-21"])
def test_both_living_versions_are_spoken(version):
    assert ask(headers=lines(("x-api-key", "k"), ("anthropic-version", version))).reply.status == 200


def test_unknown_betas_are_refused_by_name():
    sentence = refusal(headers=(*DOOR, ("anthropic-beta", "files-api-2025-04-14, invalid-beta-name")))[2]
    assert sentence == (
        "Unexpected value(s) `invalid-beta-name` for the `anthropic-beta` header. Please consult our documentation at "
        "platform.claude.com/docs or try again without the header."
    )


@pytest.mark.parametrize("betas", ["", "files-api-2025-04-14", "oauth-2025-04-20,,claude-code-20250219 "])
def test_known_betas_are_accepted(betas):
    assert ask(headers=(*DOOR, ("anthropic-beta", betas))).reply.status == 200


def test_betas_may_come_on_several_lines():
    headers = (*DOOR, ("anthropic-beta", "files-api-2025-04-14"), ("anthropic-beta", "nope"))
    assert "`nope`" in refusal(headers=headers)[2]


def test_the_key_is_looked_at_before_the_version_and_the_version_before_the_body():
    assert refusal(b"{", headers=lines())[0] == 401
    assert refusal(b"{", headers=lines(("x-api-key", "k")))[2] == "anthropic-version: header is required"


def test_a_browser_page_must_say_that_it_means_it():
    origin = ("origin", "https://example.com")
    assert refusal(headers=(*DOOR, origin)) == (
        401,
        "authentication_error",
        "CORS requests must set 'anthropic-dangerous-direct-browser-access' header",
    )
    answer = ask(headers=(*DOOR, origin, ("anthropic-dangerous-direct-browser-access", "true")))
    assert answer.reply.status == 200
    assert header(answer, "access-control-allow-origin") == "*"


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens", "/v1/models"])
def test_a_preflight_of_what_browsers_may_use_is_granted_without_a_key(path):
    asked = (("origin", "https://example.com"), ("access-control-request-method", "POST"))
    answer = ask(b"", asked, path=path, method="OPTIONS")
    assert answer.reply.status == 200
    assert header(answer, "access-control-allow-origin") == "*"
    allowed = header(answer, "access-control-allow-headers") or ""
    for name in ("x-api-key", "anthropic-version", "anthropic-dangerous-direct-browser-access", "content-type"):
        assert name in allowed


@pytest.mark.parametrize("path", ["/v1/files", "/v1/messages/batches"])
def test_a_preflight_of_batches_and_files_is_not_granted(path):
    asked = (("origin", "https://example.com"), ("access-control-request-method", "POST"))
    answer = ask(b"", asked, path=path, method="OPTIONS")
    assert answer.reply.status == 400
    assert header(answer, "access-control-allow-origin") is None


def test_the_wrong_method_is_405_and_names_the_right_one():
    answer = ask(b"", (), method="GET")
    assert answer.reply.status == 405
    assert json(answer)["error"] == {"type": "invalid_request_error", "message": "Method Not Allowed"}
    assert header(answer, "allow") == "POST"


def test_the_icon_that_browsers_ask_for_is_404_without_a_body():
    answer = ask(b"", (), path="/favicon.ico", method="GET")
    assert (answer.reply.status, sent(answer)) == (404, b"")


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/v1/messages", "/", "/v1/messages/"])
def test_an_unknown_path_is_404(path):
    assert refusal(path=path)[:2] == (404, "not_found_error")


def test_the_log_says_what_is_wrong_with_a_doubled_version():
    assert "end the client's base URL before /v1" in ask(path="/v1/v1/messages").exchange.hint


@pytest.mark.parametrize("path", ["/", "/api/hello", "/proxy/api/hello"])
def test_greetings_need_no_key_and_have_no_body(path):
    answer = ask(b"", (), path=path, method="HEAD")
    assert (answer.reply.status, sent(answer)) == (200, b"")


def test_a_refused_head_request_has_no_body():
    answer = ask(b"", (), path="/nothing", method="HEAD")
    assert (answer.reply.status, sent(answer)) == (404, b"")


def test_a_body_over_32_megabytes_is_refused_as_the_edge_does():
    answer = ask(b" " * (32 * 1024 * 1024 + 1))
    assert json(answer) == {"error": {"type": "request_too_large", "message": "Request exceeds the maximum size"}}
    assert answer.reply.status == 413


@pytest.mark.parametrize("body", [[], 1, "x", None, True])
def test_json_that_is_no_object_is_refused(body):
    assert refusal(body) == (400, "invalid_request_error", "Input does not match the expected shape.")


def test_a_refusal_repeats_the_request_id_of_its_header():
    answer = ask([])
    assert json(answer)["request_id"] == header(answer, "request-id")


def test_no_refusal_asks_for_a_retry():
    assert header(ask([]), "x-should-retry") == "false"


def test_an_unknown_caller_learns_nothing_of_the_organization():
    assert header(ask(headers=lines()), "anthropic-organization-id") is None
    assert header(ask([]), "anthropic-organization-id")


def test_a_message_carries_the_recorded_headers_in_their_order():
    names = [name.decode().lower() for name, _ in ask({**BASIC, "model": "claude-haiku-4-5"}).reply.headers]
    limits = [
        f"anthropic-ratelimit-{what}-{member}"
        for what in ("input-tokens", "output-tokens", "requests", "tokens")
        for member in ("limit", "remaining", "reset")
    ]
    assert names == [
        "date",
        "content-type",
        *limits,
        "request-id",
        "strict-transport-security",
        "anthropic-organization-id",
        "anthropic-workspace-id",
        "traceresponse",
        "server",
        "vary",
        "content-security-policy",
        "cf-cache-status",
        "x-robots-tag",
        "cf-ray",
    ]


def test_each_key_has_a_workspace_of_its_own_in_one_organization():
    mine, yours = (ask(headers=lines(("x-api-key", key), VERSION)) for key in ("mine", "yours"))
    assert header(mine, "anthropic-organization-id") == header(yours, "anthropic-organization-id")
    assert header(mine, "anthropic-workspace-id") != header(yours, "anthropic-workspace-id")


def test_no_key_is_found_in_what_is_logged_or_sent():
    answer = ask(headers=lines(("x-api-key", "sk-ant-secret-1"), VERSION))
    assert "secret" not in repr(answer)


def test_the_path_may_have_a_prefix_or_lack_the_version():
    for path in ("/proxy/v1/messages", "/messages", "//v1/messages", "/s/mine/v1/messages"):
        assert message(path=path)["content"] == [{"type": "text", "text": "Hello!"}]


def test_the_basic_request_is_what_the_other_tests_say():
    assert message(BASIC)["stop_reason"] == "end_turn"
