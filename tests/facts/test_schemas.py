from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from fakeapi import assets
from fakeapi.contract.wording import sentence
from fakeapi.facts import familiar, schema_files, schemas
from fakeapi.facts.schema_explainer import Explainer
from fakeapi.facts.schema_gates import nodes
from fakeapi.facts.schemas import Compiled, compiled

BASE = "2023-06-01"
REQUEST = "request/message_request"
OPEN_OBJECTS = {"request/input_schema", "request/safeguard"}
"""Where unknown keys are right: a tool's own schema, and a beta whose fields are not published."""
KNOWN_ANNOTATIONS = {
    "x-extends",
    "x-beta",
    "x-beta-values",
    "x-closed",
    "x-meaning",
    "x-words",
    "x-up",
    "x-tag",
    "x-default-tag",
}
VERSIONS = [BASE, "2026-10-21"]


def files() -> list[tuple[str, dict[str, Any]]]:
    return [(name, assets.read_json(f"schemas/{name}.json")) for name in schemas.names()]


def closed(name: str, version: str = BASE, *betas: str) -> dict[str, Any]:
    return schemas.bundled(name, version, frozenset(betas))


def test_every_file_is_a_json_schema_with_a_title() -> None:
    for name, schema in files():
        assert schema["$schema"] == schema_files.DIALECT, name
        assert schema["title"], name
        assert schemas.is_json_schema(schemas.bundled(name)), name


def test_every_annotation_is_one_that_is_read() -> None:
    for name, schema in files():
        met = {key for node in nodes(schema) for key in node if key.startswith("x-")}
        assert met <= KNOWN_ANNOTATIONS, name


def test_every_object_of_the_contract_refuses_unknown_keys_except_where_the_api_does_not() -> None:
    for name, schema in files():
        loose = [node for node in nodes(schema) if "properties" in node and "additionalProperties" not in node]
        loose = [node for node in loose if "type" in node and "x-extends" not in node]
        assert not loose or name in OPEN_OBJECTS, name


def test_every_required_field_is_declared() -> None:
    for name, schema in files():
        if "x-extends" not in schema and "properties" in schema:
            assert set(schema.get("required", ())) <= schema["properties"].keys(), name


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("betas", [frozenset[str](), None], ids=["no betas", "all betas"])
def test_tagged_unions_are_complete_and_exclusive(version: str, betas: frozenset[str] | None) -> None:
    for name in schemas.names():
        bundle = schemas.bundled(name, version, betas)
        for node in nodes(bundle) if "discriminator" in bundle else _unions(bundle):
            if "discriminator" in node:
                _check_union(name, node, bundle["$defs"])


def _unions(bundle: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for body in (bundle, *bundle["$defs"].values()):
        yield from (node for node in nodes(body) if "discriminator" in node)


def _check_union(name: str, union: dict[str, Any], definitions: dict[str, Any]) -> None:
    targets = [branch["$ref"] for branch in union["oneOf"]]
    mapping = union["discriminator"]["mapping"]
    assert sorted(set(mapping.values())) == sorted(targets), name
    for tag, target in mapping.items():
        branch = definitions[target.removeprefix("#/$defs/")]
        kind = branch["properties"][union["discriminator"]["propertyName"]]
        tags = [kind["const"]] if "const" in kind else kind["enum"]
        assert tag in tags, name
        assert all(mapping.get(own) == target for own in tags if own is not None), name
        assert "type" in branch["required"] or union.get("x-default-tag") == tag, name


def test_the_tags_of_a_union_are_told_sorted_except_those_of_tool_choice() -> None:
    for name, schema in files():
        for node in nodes(schema):
            if "discriminator" in node and name != "request/tool_choice":
                tags = list(node["discriminator"]["mapping"])
                assert tags == sorted(tags), name


def test_every_union_of_models_without_tags_names_its_branches() -> None:
    for name in schemas.names():
        bundle = schemas.bundled(name) if name.startswith("request/") else {"$defs": {}}
        for body in (bundle, *bundle["$defs"].values()):
            for node in nodes(body):
                branches = [b for b in node.get("anyOf", ()) if _is_model(b, bundle["$defs"])]
                assert len(branches) < 2 or all("x-tag" in branch for branch in branches), name


def _is_model(branch: dict[str, Any], definitions: dict[str, Any]) -> bool:
    return "$ref" in branch and "properties" in definitions[branch["$ref"].removeprefix("#/$defs/")]


def test_every_beta_that_gates_something_is_one_that_the_door_lets_in() -> None:
    known = {beta for value in _strings(assets.read_json("fixtures/betas.json")) for beta in [value]}
    assert schemas.gates(REQUEST, BASE) <= known


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for child in value.values():
            yield from _strings(child)
    elif isinstance(value, list):
        for child in value:
            yield from _strings(child)


def test_a_name_that_is_no_schema_is_a_key_error() -> None:
    for name in ("request/nothing", "../fixtures/models", "versions/2026-10-21/request/message_request", ""):
        with pytest.raises(KeyError):
            schemas.bundled(name)


def test_a_bundle_refers_to_nothing_outside_itself() -> None:
    for name in schemas.names():
        bundle = schemas.bundled(name)
        for body in (bundle, *bundle["$defs"].values()):
            for node in nodes(body):
                if "$ref" in node:
                    assert node["$ref"].removeprefix("#/$defs/") in bundle["$defs"], name


def test_bundling_twice_gives_the_same_and_leaves_the_files_alone() -> None:
    first = schemas.bundled(REQUEST)
    first["properties"]["model"]["type"] = "spoiled"
    first["$defs"].clear()
    assert schemas.bundled(REQUEST)["properties"]["model"]["type"] == "string"


def test_a_new_version_is_a_patch_on_the_old_one() -> None:
    old, new = closed(REQUEST), closed(REQUEST, "2026-10-21")
    assert old["properties"].keys() - new["properties"].keys() == {"temperature", "top_p", "top_k"}
    assert [key for key in old["properties"] if key in new["properties"]] == list(new["properties"])


def test_a_patch_also_reaches_what_extends_the_patched_file() -> None:
    assert "temperature" in closed("request/batch_params")["properties"]
    assert "temperature" not in closed("request/batch_params", "2026-10-21")["properties"]


def test_every_patch_of_a_version_has_its_file() -> None:
    for version in schema_files.versions():
        assert schema_files._overlays(version) <= set(schemas.names())


def test_a_version_without_patches_shares_the_validator_of_the_base() -> None:
    assert compiled(REQUEST, "2023-01-01") is compiled(REQUEST, BASE)


def test_a_merge_patch_merges_removes_and_replaces() -> None:
    document = {"a": {"b": 1, "c": 2}, "d": [1], "e": 0}
    assert schema_files.patched(document, {"a": {"b": None, "x": {"y": None}}, "d": [2]}) == {
        "a": {"c": 2, "x": {}},
        "d": [2],
        "e": 0,
    }


def test_a_beta_opens_fields_branches_and_enum_members() -> None:
    shut = closed(REQUEST)
    opened = closed(REQUEST, BASE, "thinking-display-updates-2026-08-18", "advisor-tool-2026-03-01")
    assert shut["$defs"]["request.thinking_config_adaptive"]["properties"]["display"]["enum"] == [
        "summarized",
        "omitted",
        None,
    ]
    assert "updates" in opened["$defs"]["request.thinking_config_adaptive"]["properties"]["display"]["enum"]
    assert "advisor_20260301" not in shut["$defs"]["request.tool"]["discriminator"]["mapping"]
    assert "advisor_20260301" in opened["$defs"]["request.tool"]["discriminator"]["mapping"]
    assert "request.advisor_tool_20260301" not in shut["$defs"]


def test_betas_that_gate_nothing_share_one_validator() -> None:
    plain = compiled(REQUEST, BASE)
    assert compiled(REQUEST, BASE, frozenset({"context-1m-2025-08-07", "no-such-beta"})) is plain
    assert compiled(REQUEST, BASE, frozenset({"mcp-client-2025-11-20"})) is not plain
    assert compiled("answer/message", BASE, frozenset({"mcp-client-2025-11-20"})) is compiled("answer/message", BASE)


def test_the_number_of_validators_kept_is_bounded() -> None:
    for number in range(600):
        compiled(REQUEST, BASE, frozenset({f"beta-{number}"}))
    assert schemas._compiled.cache_info().currsize <= schemas._compiled.cache_info().maxsize  # type: ignore[operator]
    assert schemas._that_matter.cache_info().currsize <= 512


def test_an_unknown_mode_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="lenient"):
        compiled(REQUEST, BASE, mode="lenient")


def test_where_the_two_libraries_disagree_the_verdict_stands_with_its_own_path() -> None:
    strict = Compiled({"properties": {"a": {"type": "string"}}, "$defs": {}})
    strict.__dict__["_explainer"] = Explainer({"$defs": {}})
    fault = strict.first_fault({"a": {"b": 1}})
    assert fault is not None
    assert sentence(fault) == "a: Input does not match the expected shape."


def test_deep_and_wide_bodies_are_explained_without_trouble() -> None:
    deep: Any = {}
    for _ in range(190):
        deep = {"a": [deep]}
    body = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": [deep] * 50}]}
    fault = compiled(REQUEST, BASE).first_fault(body)
    assert fault is not None
    assert sentence(fault) == "messages.0.content.0.type: Field required"


def test_a_tool_schema_is_told_from_a_wrong_one() -> None:
    assert schemas.is_json_schema({"type": "object", "properties": {"a": {"type": "string"}}})
    assert schemas.is_json_schema(True)
    assert not schemas.is_json_schema({"type": "object", "properties": {"a": {"type": "strin"}}})
    assert not schemas.is_json_schema({"type": "object", "properties": {"a": "bar"}})
    assert schemas.is_json_schema({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"})


def test_a_value_is_held_against_a_callers_own_schema_without_fetching_anything() -> None:
    schema = {"type": "object", "required": ["a"]}
    assert schemas.conforms({"a": 1}, schema)
    assert not schemas.conforms({"b": 1}, schema)
    assert not schemas.conforms({"a": 1}, {"$ref": "https://example.invalid/schema.json"})
    assert not schemas.conforms({"a": 1}, {"type": "strin"})


def read(body: dict[str, Any]) -> Any:
    """A body as it is read from its bytes, its parts being those that came before."""
    return familiar.recognized(orjson.loads(orjson.dumps(body)), 100)[0]


def test_what_was_accepted_before_is_not_looked_at_again_and_what_is_new_is() -> None:
    own = compiled(REQUEST, BASE)
    good: dict[str, Any] = {
        "model": "m",
        "max_tokens": 1,
        "system": [{"type": "text", "text": "s"}],
        "tools": [{"name": "t", "input_schema": {"type": "object"}}],
        "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}],
    }
    bad: list[dict[str, Any]] = [
        {"messages": [*good["messages"], {"role": "user", "content": 1}]},
        {"messages": [{"role": "nobody", "content": "a"}, *good["messages"]]},
        {"messages": []},
        {"messages": [good["messages"][0], {"role": "assistant"}]},
        {"tools": [{"name": ""}]},
        {"tools": {}},
        {"system": 1},
        {"max_tokens": "1"},
        {"unknown": 1},
    ]
    anew = [own.first_fault({**good, **change}) for change in bad]
    assert None not in anew
    for _ in range(2):
        for change, fault in zip(bad, anew, strict=True):
            assert own.first_fault(read(good)) is None
            assert own.first_fault(read({**good, **change})) == fault


def test_what_one_schema_accepts_another_looks_at() -> None:
    said = {"role": "user", "content": [{"type": "compaction", "content": "c"}]}
    body = {"model": "m", "max_tokens": 1, "messages": [said, {"role": "assistant", "content": "b"}]}
    opened, closed_ = (compiled(REQUEST, BASE, frozenset(betas)) for betas in (["compact-2026-01-12"], []))
    for _ in range(2):
        assert opened.first_fault(read(body)) is None
        assert closed_.first_fault(read(body)) is not None
