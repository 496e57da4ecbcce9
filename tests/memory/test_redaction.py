"""No key and no token is remembered, wherever it stands."""

from __future__ import annotations

import gzip
import re
import zlib
from base64 import b64encode
from json import dumps

import orjson
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from fakeapi.memory import exporting, redaction, secrets
from fakeapi.memory.telling import tell
from fakeapi.wire import Request
from tests.memory.diary import HEADERS, STREAM, Diary, body, plain, request, streamed, text, user

ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
PADDING = "Zq7" * 20
KEYS = {
    "anthropic": "sk-ant-" + "api03-" + PADDING,
    "openai": "sk-" + "proj-" + PADDING,
    "github": "ghp" + "_" + PADDING[:36],
    "github fine": "github" + "_pat_" + PADDING,
    "gitlab": "glpat" + "-" + PADDING[:20],
    "aws": "AKIA" + "IOSFODNN7EXAMPLE",
    "google": "AIza" + PADDING[:35],
    "slack": "xox" + "b-123456789012-" + PADDING[:24],
    "stripe": "sk" + "_live_" + PADDING[:24],
    "npm": "npm" + "_" + PADDING[:36],
    "jwt": "eyJ" + "hbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + PADDING,
    "huggingface": "hf" + "_" + PADDING[:34],
}
PEM = "-----BEGIN RSA " + "PRIVATE KEY-----\n" + (PADDING + "\n") * 8 + "-----END RSA " + "PRIVATE KEY-----"
SHAPES = [(shape["name"], shape["pattern"]) for shape in secrets.data()["shapes"]]
ANY_KEY = st.sampled_from([*KEYS.values(), PEM])
QUIET = st.text(st.characters(codec="utf-8", categories=["L", "Nd", "P", "Zs"]), max_size=200)


def redacted(said: str) -> str:
    return redaction.clean_text(said)


@given(st.data(), st.sampled_from(SHAPES))
def test_whatever_a_shape_describes_is_found(data, shape):
    name, pattern = shape
    secret = data.draw(st.from_regex(pattern, fullmatch=True, alphabet=st.characters(max_codepoint=127)))
    found = secrets.find(f" {secret} ".encode())
    assert found, secret
    assert any(span.name == name for span in found) or found[0].start <= 2


@pytest.mark.parametrize("key", [*KEYS.values(), PEM], ids=[*KEYS, "private key"])
@pytest.mark.parametrize("around", ["{}", "my key is {}, keep it", '{{"a": "{}"}}', "x\\n{}\\n", "a\n{}\nb", "KEY={}"])
def test_a_key_is_hidden_in_any_text(key, around):
    kept = redacted(around.format(key))
    assert PADDING[:16] not in kept
    assert key not in kept
    assert "[redacted " in kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ('{"authorization_token": "abc"}', '{"authorization_token": "[redacted secret]"}'),
        ('{"authorization_token":"a\\"b\\\\"}', '{"authorization_token":"[redacted secret]"}'),
        ('{"x": "export API_KEY=\\"hunter2\\" now"}', '{"x": "export API_KEY=\\"[redacted secret]\\" now"}'),
        ('{"x": "{\\"password\\": \\"hunter2\\"}"}', '{"x": "{\\"password\\": \\"[redacted secret]\\"}"}'),
        ('"{\\\\\\"apiKey\\\\\\":\\\\\\"2\\\\\\"}"', '"{\\\\\\"apiKey\\\\\\":\\\\\\"[redacted secret]\\\\\\"}"'),
        ("api_key\t= abcdef12345678", "api_key\t= [redacted secret]"),
        ("password='hunter2'", "password='[redacted secret]'"),
        ("x-api-key: abcdef12345678", "x-api-key: [redacted secret]"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/x", "aws_secret_access_key = [redacted secret]"),
        ("postgres://me:hunter2@db/x", "postgres://me:[redacted password]@db/x"),
        ("https://me:4711@here/x", "https://me:[redacted password]@here/x"),
        ("Authorization: Bearer abcdefghijklmnopqrst", "Authorization: Bearer [redacted bearer token]"),
    ],
)
def test_what_has_a_secrets_name_is_hidden_whatever_it_looks_like(said, kept):
    assert redacted(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        '{"max_tokens": 1024, "model": "claude-opus-4-1-20250805"}',
        '{"properties": {"password": {"type": "string"}}, "required": ["api_key"]}',
        '{"content": "What is api_key:", "role": "user"}',
        "client = Anthropic(api_key=os.environ.get('KEY'))",
        "a task-force for risk-management-and-so-on",
        "https://example.com:8080/path?q=1",
        "Bearer of bad news",
        "anthropic-ratelimit-input-tokens-remaining: 9999000",
        "toolu_01A09q90qw90lq917835lq9 msg_011CeCGmMJJzELy4UFrzp2V3 req_011CeCGmMJJGRCp7xgjqapmJ",
    ],
)
def test_what_is_no_secret_stays(said):
    assert redacted(said) is said


@given(QUIET, ANY_KEY, QUIET)
@example('{"api_key', KEYS["aws"], "")
def test_what_is_masked_in_json_leaves_json(before, key, after):
    value = {"password": before + key, "list": [{"text": key + after}], "api_key": before}
    kept = redaction.keep(dumps(value).encode(), (), 10**6)[0].data
    assert set(orjson.loads(kept)) == {"password", "list", "api_key"}


@given(st.binary(max_size=300), ANY_KEY, st.integers(0, 9_000))
def test_a_key_is_found_at_any_place_of_a_long_body(noise, key, place):
    filler = (b"All work and no play makes Jack a dull boy. " * 250)[:9_000]
    data = filler[:place] + b" " + key.encode() + b" " + filler[place:] + noise
    kept = redaction.keep(data, (), 10**6)[0].data
    assert key.encode() not in kept
    assert kept.startswith(filler[:place])


@given(st.integers(0, 200))
def test_no_beginning_of_a_key_is_left_where_a_body_is_cut(place):
    data = b"x" * place + b" " + KEYS["anthropic"].encode() + b"y" * 500
    kept, _ = redaction.keep(data, (), 100)
    assert (b"sk-ant" in kept.data, kept.size, kept.cut) == (False, len(data), True)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_in_escapes_is_hidden(key):
    escaped = "".join(f"\\u{ord(char):04x}" for char in key)
    kept = redaction.keep(f'{{"a": "{escaped}"}}'.encode(), (), 10**6)[0].data
    assert key not in orjson.loads(kept)["a"]


@pytest.mark.parametrize("beside", [KEYS["github"], "password: 'hunter2'"], ids=["a key", "a password"])
def test_a_key_in_escapes_is_hidden_beside_a_secret_that_is_not(beside):
    escaped = KEYS["anthropic"].replace("-", "\\u002d")
    kept = redaction.keep(f'{{"a": "{escaped}", "b": "{beside}"}}'.encode(), (), 10**6)[0].data
    assert orjson.loads(kept)["a"] == "[redacted anthropic key]"
    assert beside not in orjson.loads(kept)["b"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-32-be"])
def test_a_key_in_another_encoding_withholds_the_body(encoding):
    data = f"a {KEYS['github']} b".encode(encoding)
    kept, had = redaction.keep(data, (), 10**6)
    assert (kept.data, had) == (b"[redacted: secrets in binary data, %d bytes]" % len(data), True)


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("identity, gzip", gzip.compress)]
)
def test_a_packed_body_is_looked_through(encoding, pack):
    asked = pack(dumps(body(user(f"my key is {KEYS['anthropic']}"))).encode())
    entry = Diary().ask(asked, headers={**HEADERS, "content-encoding": encoding})
    assert entry.request["messages"] == [user("my key is [redacted anthropic key]")]


@pytest.mark.parametrize(("encoding", "data"), [("zstd", b"whatever"), ("gzip", b"no gzip"), ("br", b"x")])
def test_what_cannot_be_unpacked_is_withheld(encoding, data):
    entry = Diary().ask(data, headers={**HEADERS, "content-encoding": encoding})
    assert entry.body.data == b"[redacted: packed as %b, %d bytes]" % (encoding.encode(), len(data))


@pytest.mark.parametrize(
    "name",
    ["authorization", "x-api-key", "cookie", "proxy-authorization", "x-auth-token", "x-goog-api-key", "x-my-secret"],
)
def test_headers_that_carry_secrets_are_hidden(name):
    assert redaction.clean_headers({name: "hunter2"}) == {name: "[redacted]"}


@pytest.mark.parametrize(
    "name", ["idempotency-key", "x-stainless-retry-count", "anthropic-ratelimit-input-tokens-limit", "content-type"]
)
def test_other_headers_stay(name):
    assert redaction.clean_headers({name: "7"}) == {name: "7"}


def test_the_scheme_of_a_credential_stays():
    assert redaction.clean_headers({"authorization": "Bearer hunter2"}) == {"authorization": "Bearer [redacted]"}


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("beta=true", "beta=true"),
        ("api_key=hunter2&beta=true", "api_key=[redacted]&beta=true"),
        ("api%5Fkey=hunter2", "api%5Fkey=[redacted]"),
        ("q=" + KEYS["github"].replace("_", "%5F"), "q=[redacted]"),
        ("token", "token"),
    ],
)
def test_a_query_is_hidden_where_it_is_secret(query, kept):
    assert redaction.clean_query(query) == kept


def test_callers_are_told_apart_by_a_digest():
    diary = Diary()
    first, again = diary.ask(), diary.ask(headers={"authorization": "Bearer sk-ant-fake"})
    other, nobody = diary.ask(headers={"x-api-key": "sk-ant-other"}), diary.ask(headers={})
    assert first.caller == again.caller != other.caller
    assert (nobody.caller, "sk-ant" in first.caller) == ("", False)


PLACES = ["path", "query", "header name", "header", "text", "tool input", "system", "mcp server", "metadata"]


def asked_with(key: str, place: str) -> Request:
    """A request that has a key at some place."""
    said: dict[str, object] = body(user("Hello"))
    headers, path, query = dict(HEADERS), "/v1/messages", ""
    if place == "path":
        path = f"/{key}/v1/messages"
    elif place == "query":
        query = f"a=1&b={key}"
    elif place == "header":
        headers["user-agent"] = f"agent {key}"
    elif place == "header name":
        headers[f"x-{key}"] = "1"
    elif place == "text":
        said = body(user([text("Look:"), text(f"x{key} y")]))
    elif place == "tool input":
        use = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"deep": [{"er": f"({key})"}]}}
        said = body(user("Hi"), {"role": "assistant", "content": [use]}, user("Go on"))
    elif place == "mcp server":
        said["mcp_servers"] = [{"type": "url", "url": "https://x", "name": "x", "authorization_token": key}]
    else:
        said[place] = {"user_id": key} if place == "metadata" else key
    return request(said, headers, path=path, query=query)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("key", "sends"),
    [(key, sends) for key in KEYS.values() for sends in ("plainly", "streamed")] + [(KEYS["aws"], "byte by byte")],
)
def test_no_key_is_in_any_export_whatever_the_place(key, place, sends):
    """The answer repeats the key, as an echo does, in one piece or in many."""
    diary = Diary()
    record = diary.journal.open(asked_with(key, place), "s", diary.now)
    echo = text(f"You said: {key}, and I say {key}{key}.")
    answer = plain(echo) if sends == "plainly" else streamed(echo)
    step = 1 if sends == "byte by byte" else len(answer)
    for at in range(0, len(answer), step):
        record.sent(answer[at : at + step], diary.now)
    lines = STREAM if sends != "plainly" else ((b"fakeapi-warning", f"about {key}".encode()),)
    mismatch = {"what": "headers", "wanted": "x", "came": key, "distance": 1.0, "hint": ""}
    diagnosis = {"rules": 1, "nearest": [{"rule": "r", "place": "", "why": None, "mismatches": [mismatch]}]}
    said = {"model": key, "sentence": f"model: {key}", "hint": key, "warning": key, "diagnosis": diagnosis}
    entry = diary.close(record, lines=lines, **said)
    exported = [b"".join(exporting.as_lines([entry])).decode(), tell(entry), repr(exporting.as_row(entry))]
    kept = [repr(vars(entry)), repr(entry.message())]
    for shown in (*exported, *kept):
        assert key not in shown
        assert key.replace("-", "\\u002d") not in shown
        assert PADDING[:16] not in shown
    assert entry.answer.count(b"[redacted ") >= 2


@pytest.mark.parametrize("how", ["x-api-key", "authorization"])
@pytest.mark.parametrize("sends", ["plainly", "streamed"])
def test_a_key_of_any_look_is_hidden_where_it_comes_up_again(how, sends):
    key = "my-own-4711-credential"
    headers = {**HEADERS, how: key if how == "x-api-key" else f"Bearer {key}"}
    asked = body(user(f"my key is {key}"))
    answer = plain(text(f"It is {key}.")) if sends == "plainly" else streamed(text(f"It is {key}."))
    lines = STREAM if sends == "streamed" else ()
    entry = Diary().ask(asked, answer, headers=headers, lines=lines, hint=f"of {key}", diagnosis={"nearest": [key]})
    assert key not in repr(vars(entry))
    assert key not in b"".join(exporting.as_lines([entry])).decode()


def test_a_key_that_is_a_word_hides_no_words():
    entry = Diary().ask(body(user("This is anything but a test")), headers={"x-api-key": "anything"})
    assert entry.request["messages"] == [user("This is anything but a test")]


def test_a_secret_that_only_the_answer_has_is_not_exported_either():
    answer = streamed(text(f"Use {KEYS['aws']} and {KEYS['github']} for it."))
    entry = Diary().ask(answer=answer, lines=STREAM)
    exported = b"".join(exporting.as_lines([entry])).decode()
    assert (KEYS["aws"] in exported, KEYS["github"] in exported) == (False, False)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30), ANY_KEY)
def test_the_pieces_of_an_answer_keep_their_moments_when_a_key_is_hidden_in_them(sizes, key):
    assume("\n" not in key)
    diary = Diary()
    answer = f"before {key} after".encode()
    record = diary.open(body(user(key)))
    at = 0
    for size in [*sizes, len(answer)]:
        record.sent(answer[at : at + size], diary.wait(1.0).now)
        at += size
    assert record.entry.pieces == []
    entry = diary.close(record)
    offsets = [offset for offset, _ in entry.pieces]
    assert offsets == [1.0 + number for number in range(len(offsets))]
    assert 1 <= len(offsets) <= len(sizes) + 1
    assert re.fullmatch(rb"before \[redacted [a-z ]+\] after", entry.answer)


def test_bodies_with_nothing_to_hide_are_kept_as_they_are():
    data = dumps(body(user("Hello"))).encode()
    assert redaction.keep(data, (), 10**6)[0].data is data


@given(QUIET, ANY_KEY)
def test_what_is_hidden_is_not_hidden_again(before, key):
    once = redacted(f'{before} "api_key": "{key}" and password=\'{key}\'')
    assert redacted(once) is once


def test_base64_is_not_taken_for_keys():
    noise = b64encode(bytes(range(256)) * 300)
    assert secrets.find(b'{"data": "' + noise + b'"}') == []


LONG_BODY = b64encode(bytes(range(256)) * 100).decode().replace("/", "\\n").replace("+", " ")
PARTS = st.lists(st.one_of(st.sampled_from([*KEYS.values(), PEM, "token:", "é", "://a:"]), QUIET), max_size=4)


def spans_anew(data: bytes) -> list[secrets.Span]:
    secrets._quiet = ()
    return secrets.find(data)


@given(st.lists(st.tuples(st.integers(0, len(LONG_BODY)), PARTS, st.booleans()), min_size=1, max_size=6))
def test_long_bytes_that_begin_like_quiet_ones_are_looked_through_as_if_they_were_new(bodies):
    written = [
        LONG_BODY[: len(LONG_BODY) if ends else at] + "".join(parts) + LONG_BODY[at:] for at, parts, ends in bodies
    ]
    datas = [data.encode() for data in (LONG_BODY, *written)]
    anew = [spans_anew(data) for data in datas]
    secrets._quiet = ()
    for data, spans in zip(datas, anew, strict=True):
        assert secrets.has_hints(data) or not spans
        assert secrets.find(data) == spans


@pytest.mark.parametrize("key", [*KEYS.values(), PEM, 'password=\\"hunter2\\"'], ids=[*KEYS, "private key", "password"])
@pytest.mark.parametrize("hint", ["", "token: "])
def test_a_secret_that_begins_in_what_was_quiet_and_ends_in_what_is_new_is_found(key, hint):
    for cut in range(1, len(key), 7):
        secrets._quiet = ()
        before = hint + LONG_BODY + " " + key[:cut]
        if secrets.find(before.encode()):
            continue
        data = f"{before}{key[cut:]} {LONG_BODY}".encode()
        assert secrets.has_hints(data)
        assert secrets.find(data) == spans_anew(data) != []


def test_only_what_is_new_of_long_bytes_is_looked_through(monkeypatch):
    looked = []
    looks = secrets.looks()

    def hinted(text):
        looked.append(len(text))
        return looks.hinted(text)

    watched = looks._replace(hinted=hinted)
    monkeypatch.setattr(secrets, "looks", lambda: watched)
    for number in range(3):
        assert not secrets.has_hints(f"{LONG_BODY} {number} {LONG_BODY}".encode())
    assert looked[0] > 2 * len(LONG_BODY)
    assert max(looked[1:]) < 5000


def test_what_has_a_secret_is_not_remembered_as_quiet():
    secrets._quiet = ()
    secrets.find(f"{LONG_BODY} {KEYS['anthropic']}".encode())
    assert secrets._quiet == ()
