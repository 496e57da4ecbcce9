"""`fakeapi run`: the summary and the reports tell what came, and what is to be done."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fakeapi.adapters.run_report import KINDS
from fakeapi.facts import catalogue
from tests.adapters.commands import python, run


@pytest.fixture
def rules(tmp_path) -> Callable[[str], str]:
    """Writes a rule file; its path."""

    def write(text: str) -> str:
        (tmp_path / "rules.yaml").write_text(text)
        return str(tmp_path / "rules.yaml")

    return write


def test_the_summary_is_a_table_of_tokens_and_cost(tmp_path):
    report = tmp_path / "report.json"
    code = "print(json.dumps([ask('Hello, Claude')['usage'], ask('Hi', model='claude-haiku-4-5')['usage']]))"
    done = run("--report-json", str(report), "--", *python(code))
    opus, haiku = json.loads(done.stdout)
    known = json.loads(report.read_text())
    assert known["models"]["claude-opus-5"]["output_tokens"] == opus["output_tokens"]
    assert known["total"]["input_tokens"] == opus["input_tokens"] + haiku["input_tokens"]
    costs = [bill["cost_usd"] for bill in known["models"].values()]
    assert known["total"]["cost_usd"] == pytest.approx(sum(costs))
    assert all(costs)
    rows = [line.split() for line in done.stderr.splitlines() if re.search(r"\$0\.\d{4}$", line)]
    assert [row[0] for row in rows] == ["claude-haiku-4-5-20251001", "claude-opus-5", "all"]
    assert rows[-1][1] == "2"


def test_where_no_request_came_the_summary_says_where_they_should_have_gone():
    done = run("--", "true")
    assert re.search(r"no request came in .* \(exit status 0 of true\).*ANTHROPIC_BASE_URL.*http://127", done.stderr)


def test_a_variable_that_is_no_setting_is_told_first():
    done = run("--", "true", FAKEAPI_CONTRCT="off")
    assert done.stderr.startswith("fakeapi: warning: without effect")
    assert "FAKEAPI_CONTRCT (did you mean FAKEAPI_CONTRACT?)" in done.stderr.splitlines()[0]
    assert done.returncode == 0


def test_a_line_for_each_request_is_written_only_where_that_is_asked_for():
    command = ("--", *python("ask('Hello')"))
    assert "/v1/messages" not in run(*command).stderr
    assert re.search(r"POST  /v1/messages  claude-opus-5  200", run("--log", "line", *command).stderr)
    assert json.loads(run(*command, FAKEAPI_LOG="json").stderr.splitlines()[0])["status"] == 200


BROKEN = "ask('Hello', verbose=True); ask('Hello', verbose=True, stream=True)"


def test_a_client_that_breaks_the_contract_is_told_what_the_api_says():
    done = run("--", *python(BROKEN))
    assert done.returncode == 0
    assert "2 requests were refused, as the real API would refuse them:" in done.stderr
    assert "  2 x  POST /v1/messages 400  verbose: Extra inputs are not permitted" in done.stderr
    assert "What to do: Send what the API takes" in done.stderr


def test_fail_on_refused_is_1_where_the_command_succeeds():
    done = run("--fail-on", "verdicts,refused", "--", *python(BROKEN))
    assert done.returncode == 1
    assert "Exit status 1, since --fail-on names refused." in done.stderr
    assert run("--fail-on", "refused", "--", *python("ask('Hello')")).returncode == 0
    assert run("--fail-on", "refused", "--", *python(BROKEN + "; raise SystemExit(3)")).returncode == 3


def test_all_that_made_it_fail_is_named(rules):
    path = rules("- {name: never, match: weather, respond: Sunny., required: true}\n")
    done = run("--rules", path, "--fail-on", "refused,unused,unmatched", "--", *python(BROKEN + "; ask('Hello')"))
    assert "Exit status 1, since --fail-on names refused, unused and unmatched." in done.stderr


@pytest.mark.parametrize(("unmatched", "status"), [("default", 0), ("error", 1)])
def test_a_request_that_no_rule_matches_is_told_with_its_near_miss(rules, unmatched, status):
    path = rules("- {name: weather, match: weather, respond: Sunny.}\n")
    code = "ask('the weather'); raise SystemExit(ask('How is the wether?')['type'] == 'error')"
    flags = ("--rules", path, "--unmatched", unmatched, "--fail-on", "unmatched")
    done = run(*flags, "--", *python(code))
    assert done.returncode == 1
    assert f"exit status {status} of" in done.stderr
    assert '1 request was matched by no rule:\n  POST /v1/messages  asked: "How is the wether?"' in done.stderr
    assert "you have 'wether', the rule wants 'weather'" in done.stderr


def test_requests_without_any_rules_are_not_unmatched():
    assert run("--fail-on", "unmatched", "--", *python("ask('Hello')")).returncode == 0


def test_a_script_that_is_over_counts_as_unmatched(rules):
    path = rules("- {name: once, match: {}, respond: [One.]}\n")
    done = run("--rules", path, "--fail-on", "unmatched", "--", *python("ask('a'); ask('b')"))
    assert done.returncode == 1
    assert "a rule had no answer left for 1 request:" in done.stderr
    assert "rule once" in done.stderr


IMPATIENT = "- match: {}\n  respond: {error: {status: 429, retry_after: 30}}\n"


def test_a_client_with_bad_manners_is_told_what_it_should_have_done(rules):
    done = run("--rules", rules(IMPATIENT), "--fail-on", "verdicts", "--", *python("ask('Hello'); ask('Hello')"))
    assert done.returncode == 1
    assert "the client did 1 thing wrong:\n  failure retry_after_ignored: was told to come back after 30" in done.stderr
    assert "Wait at least as long as retry-after" in done.stderr


def deprecated() -> str:
    """A model that is on its way out."""
    return next(model.id for model in catalogue.all_models() if model.lifecycle == "deprecated")


def test_a_mere_warning_is_told_and_does_not_fail():
    done = run("--fail-on", "verdicts", "--", *python("ask('Hello', model='MODEL')".replace("MODEL", deprecated())))
    assert "warning deprecated_model: uses" in done.stderr
    assert done.returncode == 0


def test_what_would_be_refused_is_told_where_the_contract_warns():
    done = run("--contract", "warn", "--fail-on", "warned", "--", *python("ask('Hello', verbose=True)"))
    assert done.returncode == 1
    assert "the real API would have refused it:" in done.stderr
    assert "400 invalid_request_error: verbose: Extra inputs are not permitted" in done.stderr


def test_a_required_rule_that_never_answered_is_told(rules):
    path = rules("- {name: paris, match: Paris, respond: Rainy., required: true}\n- {match: {}, respond: Sunny.}\n")
    done = run("--rules", path, "--fail-on", "unused", "--", *python("ask('Rome')"))
    assert done.returncode == 1
    assert "1 required rule never answered:\n  paris (" in done.stderr
    assert run("--rules", path, "--fail-on", "unused", "--", *python("ask('Paris')")).returncode == 0


def test_requests_of_sessions_count_too(tmp_path):
    code = "os.environ['ANTHROPIC_BASE_URL'] += '/s/one'; ask('Hello', verbose=True); ask('Hello')"
    done = run("--report-json", str(tmp_path / "r.json"), "--", *python(code))
    assert "fakeapi: 2 requests, 1 refused" in done.stderr
    assert json.loads((tmp_path / "r.json").read_text())["refused"][0]["where"] == "POST /v1/messages 400"


def test_the_json_report_has_all_of_it(tmp_path, rules):
    report = tmp_path / "report.json"
    flags = ("--rules", rules(IMPATIENT), "--report-json", str(report), "--fail-on", "verdicts")
    run(*flags, "--", *python("ask('Hello'); ask('Hello'); ask('Hello', verbose=True)"))
    known = json.loads(report.read_text())
    assert (known["exit_status"], known["command_status"], known["failed_on"]) == (1, 0, ["verdicts"])
    assert (known["requests"], known["statuses"], known["outcomes"]) == (3, {"400": 1, "429": 2}, {"completed": 3})
    assert known["refused"] == [
        {
            "sentence": "verbose: Extra inputs are not permitted",
            "where": "POST /v1/messages 400",
            "times": 1,
            "more": [],
        }
    ]
    assert [verdict["name"] for verdict in known["verdicts"]] == ["retry_after_ignored"]
    assert known["counts"].keys() == KINDS.keys()
    assert known["counts"]["refused"] == 1


def test_the_junit_report_has_a_case_for_each_thing(tmp_path, rules):
    report = tmp_path / "report.xml"
    code = "ask('Hello', **{'a\\x01<&>\"b': 1}); ask('Hello', model='claude-1')"
    done = run("--report-junit", str(report), "--fail-on", "refused", "--", *python(code))
    assert done.returncode == 1
    suite = ElementTree.parse(report).getroot()[0]
    cases = {(case.get("classname"), case.get("name")): case for case in suite}
    assert suite.get("tests") == str(len(cases)) == str(2 + len(KINDS))
    failures = [name for (_, name), case in cases.items() if case.find("failure") is not None]
    assert suite.get("failures") == "2" == str(len(failures))
    assert any('a·<&>"b: Extra inputs are not permitted' in str(name) for name in failures)
    assert ("fakeapi.bugs", "fakeapi itself did not fail") in cases
    command = next(case for (kind, _), case in cases.items() if kind == "fakeapi.command")
    assert command.find("failure") is None


def test_what_does_not_fail_the_run_passes_in_the_junit_report_with_its_text(tmp_path):
    report = tmp_path / "report.xml"
    run("--report-junit", str(report), "--", *python("ask('Hello', verbose=True); raise SystemExit(4)"))
    suite = ElementTree.parse(report).getroot()[0]
    assert suite.get("failures") == "1"
    refused = next(case for case in suite if case.get("classname") == "fakeapi.refused")
    assert "What to do" in (refused.findtext("system-out") or "")


def test_an_answer_that_the_command_did_not_wait_for_is_counted_as_that():
    code = """
import socket, urllib.parse
place = urllib.parse.urlsplit(os.environ["ANTHROPIC_BASE_URL"])
body = json.dumps({"model": "claude-opus-5", "max_tokens": 64, "stream": True,
                   "messages": [{"role": "user", "content": "Hello"}]})
with socket.create_connection((place.hostname, place.port)) as one:
    one.sendall(f"POST /v1/messages HTTP/1.1\\r\\nhost: x\\r\\nx-api-key: k\\r\\nanthropic-version: 2023-06-01\\r\\n"
                f"content-type: application/json\\r\\ncontent-length: {len(body)}\\r\\n\\r\\n{body}".encode())
    one.recv(100)
"""
    done = run("--pace", "ttft=0.1,tokens_per_second=1", "--", *python(code))
    assert "fakeapi: 1 request, 1 client left in" in done.stderr


def test_it_serves_where_the_flags_say():
    done = run("--host", "localhost", "--api-key", "mine", "--", *python("print(ask('Hello, Claude')['type'])"))
    assert done.stdout == "message\n"


def test_the_document_has_the_members_of_the_report_and_the_words_of_fail_on(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "run.md").read_text()
    found = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    assert found is not None
    run("--report-json", str(tmp_path / "report.json"), "--", "true")
    shown, known = json.loads(found.group(1)), json.loads((tmp_path / "report.json").read_text())
    assert list(shown) == list(known)
    assert shown["counts"].keys() == known["counts"].keys()
    assert shown["total"].keys() == known["total"].keys()
    assert [word for word in KINDS if f"\n| `{word}` |" in page] == list(KINDS)
