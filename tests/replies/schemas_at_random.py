"""JSON Schemas at random, each of which some value satisfies: hypothesis strategies."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from fakeapi.replies.sampling.formats import known

Schema = dict[str, Any]

NAMES = (
    "name",
    "email",
    "city",
    "age",
    "price",
    "tags",
    "start_date",
    "isActive",
    "count",
    "value",
    "x",
    "a b",
    "p/q~",
)
PATTERNS = (
    r"^[A-Z]{2,5}$", r"^\d{3}-\d{4}$", r"^[a-z][a-z0-9_]*$", r"^(foo|bar)+$", r"^#[0-9a-fA-F]{6}$", r"x\d+y", r"\S+ \S+",
    r"^v\d+\.\d+(\.\d+)?$", r"^(?=.*\d)[a-z\d]{6,}$", r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$", r"^$|^[A-Z]", r"^\p{L}+$", r"\/.+",
)  # fmt: skip


def spans(low: int, high: int) -> st.SearchStrategy[tuple[int, int]]:
    """Two whole numbers, the second one not below the first."""
    return st.tuples(st.integers(low, high), st.integers(0, 20)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def annotated(schemas: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    """Some of them with a title and a description."""
    notes = st.sampled_from([
        {}, {"title": "A title"}, {"description": "The city and state, e.g. San Francisco, CA"},
        {"description": "In ISO 8601 format"}, {"description": "x" * 300}, {"$comment": "no matter"},
    ])  # fmt: skip
    return st.tuples(notes, schemas).map(lambda pair: {**pair[0], **pair[1]})


def texts() -> st.SearchStrategy[Schema]:
    lengths = spans(0, 60).map(lambda span: {"type": "string", "minLength": span[0], "maxLength": span[1]})
    return st.one_of(
        st.just({"type": "string"}),
        lengths,
        st.sampled_from(sorted(known())).map(lambda name: {"type": "string", "format": name}),
        st.sampled_from(PATTERNS).map(lambda pattern: {"type": "string", "pattern": pattern}),
        st.integers(0, 40).map(lambda least: {"type": "string", "pattern": r"^[a-z ]+$", "minLength": least}),
        st.integers(0, 12).map(lambda most: {"type": "string", "maxLength": most}),
    )


def numbers() -> st.SearchStrategy[Schema]:
    kinds = st.sampled_from(["integer", "number"])
    bounds = spans(-1000, 100000)
    return st.one_of(
        kinds.map(lambda kind: {"type": kind}),
        st.tuples(kinds, bounds).map(lambda p: {"type": p[0], "minimum": p[1][0], "maximum": p[1][1]}),
        st.tuples(kinds, bounds).map(
            lambda p: {"type": p[0], "exclusiveMinimum": p[1][0], "exclusiveMaximum": p[1][1] + 2}
        ),
        st.tuples(kinds, st.integers(-500, 500)).map(lambda p: {"type": p[0], "minimum": p[1]}),
        st.tuples(kinds, st.integers(-500, 500)).map(lambda p: {"type": p[0], "exclusiveMaximum": p[1]}),
        st.sampled_from([0.01, 0.1, 0.25, 0.5, 2.5, 3, 7, 1000]).map(lambda n: {"type": "number", "multipleOf": n}),
        st.sampled_from([2, 5, 12, 0.5, 1.5]).map(lambda n: {"type": "integer", "multipleOf": n, "minimum": 3}),
        st.floats(0.001, 10).map(lambda low: {"type": "number", "minimum": low, "maximum": low * 1.001}),
    )


def values() -> st.SearchStrategy[Schema]:
    scalars = st.one_of(st.text(max_size=8), st.integers(-9, 9), st.booleans(), st.none(), st.floats(0.5, 2))
    return st.one_of(
        scalars.map(lambda value: {"const": value}),
        st.lists(scalars, min_size=1, max_size=5).map(lambda listed: {"enum": listed}),
        st.lists(st.text(max_size=5), min_size=2, max_size=5).map(lambda listed: {"type": "string", "enum": listed}),
        st.sampled_from([{"type": "boolean"}, {"type": "null"}, {}]),
        st.sampled_from([{"type": ["string", "null"]}, {"type": ["null", "integer"]}, {"type": ["array", "object"]}]),
        st.just({"type": "string", "default": 3, "examples": [1, "fits"]}),
        st.sampled_from([{"not": {"type": "string"}}, {"not": {"enum": ["a", 1]}}, {"type": "string", "not": {"const": ""}}]),
    )  # fmt: skip


def objects(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Schema]:
    properties = st.dictionaries(st.sampled_from(NAMES), children, max_size=6)
    closed = st.sampled_from([{}, {"additionalProperties": False}, {"additionalProperties": {"type": "integer"}}])

    def made(parts: tuple[dict[str, Any], dict[str, Any], int]) -> Schema:
        named, others, kept = parts
        required = [name for at, name in enumerate(named) if kept >> at & 1]
        return {"type": "object", "properties": named, "required": required, **others}

    return st.tuples(properties, closed, st.integers(0, 63)).map(made)


def maps(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Schema]:
    return st.one_of(
        children.map(lambda child: {"type": "object", "additionalProperties": child}),
        children.map(lambda child: {"type": "object", "additionalProperties": child, "minProperties": 3}),
        children.map(lambda child: {"type": "object", "patternProperties": {"^id_[0-9]+$": child}, "minProperties": 1,
                                    "additionalProperties": False}),
        children.map(lambda child: {"type": "object", "propertyNames": {"pattern": "^[a-z]{3}$"}, "minProperties": 2,
                                    "additionalProperties": child}),
        st.just({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
                 "dependentRequired": {"a": ["b", "c"]}}),
        st.just({"type": "object", "properties": {"a": {}, "b": {}}, "not": {"required": ["a"]}}),
        st.just({"type": "object", "properties": {"a": {}, "b": {}, "c": {}}, "maxProperties": 1, "required": ["b"]}),
        st.just({"type": "object", "required": ["card"], "dependentSchemas": {"card": {"required": ["code"],
                 "properties": {"code": {"type": "integer"}}}}}),
    )  # fmt: skip


def lists(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Schema]:
    sized = st.tuples(children, spans(0, 4)).map(
        lambda p: {"type": "array", "items": p[0], "minItems": p[1][0], "maxItems": p[1][1]}
    )
    return st.one_of(
        children.map(lambda child: {"type": "array", "items": child}),
        sized,
        st.tuples(children, children).map(lambda p: {"type": "array", "prefixItems": list(p), "items": False}),
        st.tuples(children, children).map(lambda p: {"type": "array", "prefixItems": [p[0]], "items": p[1]}),
        st.integers(1, 4).map(
            lambda n: {"type": "array", "items": {"type": "integer"}, "uniqueItems": True, "minItems": n}
        ),
        st.just({"type": "array", "items": {"enum": ["a", "b", "c"]}, "uniqueItems": True, "minItems": 3}),
        st.just({"type": "array", "contains": {"const": 5}, "items": {"type": "integer"}}),
        st.just({"type": "array", "contains": {"minimum": 90, "type": "integer"}, "minContains": 2, "maxContains": 3}),
    )


def composed(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Schema]:
    """Choices and merges that leave something: branches told apart by type or by a constant."""
    kinds = st.lists(children, min_size=2, max_size=3)

    def told_apart(branches: list[Schema]) -> Schema:
        return {
            "oneOf": [
                {"type": "object", "required": ["kind", "data"], "properties": {"kind": {"const": f"k{at}"}, "data": branch}}
                for at, branch in enumerate(branches)
            ]
        }  # fmt: skip

    def bounded(span: tuple[int, int]) -> Schema:
        return {"allOf": [{"type": "number"}, {"type": "integer", "minimum": span[0]}, {"maximum": span[1]}]}

    return st.one_of(
        kinds.map(lambda branches: {"anyOf": branches}),
        children.map(lambda child: {"anyOf": [child, {"type": "null"}], "default": None}),
        kinds.map(told_apart),
        st.just({"oneOf": [{"type": "string"}, {"type": "integer", "minimum": 5}, {"type": "integer", "maximum": 3}]}),
        st.just({"oneOf": [{"required": ["a"]}, {"required": ["b"]}], "type": "object", "properties": {"a": {}, "b": {}}}),
        spans(0, 50).map(bounded),
        st.tuples(children, children).map(
            lambda p: {"allOf": [{"type": "object", "properties": {"first": p[0]}, "required": ["first"]},
                                 {"properties": {"second": p[1]}, "required": ["second"]}]}
        ),
        children.map(
            lambda child: {"type": "object", "properties": {"plan": {"enum": ["free", "paid"]}}, "required": ["plan"],
                           "if": {"properties": {"plan": {"const": "paid"}}},
                           "then": {"properties": {"card": child}, "required": ["card"]},
                           "else": {"properties": {"trial": {"type": "boolean"}}, "required": ["trial"]}}
        ),
        st.just({"type": "object", "properties": {"a": {"type": "integer"}}, "anyOf": [{"required": ["a"]}, {"required": ["z"]}]}),
    )  # fmt: skip


def trees() -> st.SearchStrategy[Any]:
    """Schemas of every kind, nested."""
    leaves = annotated(st.one_of(texts(), numbers(), values()))
    return st.recursive(
        st.one_of(leaves, st.just(True)),
        lambda children: annotated(st.one_of(objects(children), maps(children), lists(children), composed(children))),
        max_leaves=12,
    )


def recursive() -> st.SearchStrategy[Schema]:
    """Schemas that refer to themselves, and come to an end somewhere."""

    def made(parts: tuple[Any, str, str]) -> Schema:
        leaf, holder, name = parts
        here = f"#/{holder}/{name.replace('~', '~0').replace('/', '~1')}"
        node: Schema = {
            "type": "object",
            "properties": {
                "value": leaf,
                "next": {"anyOf": [{"$ref": here}, {"type": "null"}]},
                "children": {"type": "array", "items": {"$ref": here}},
                "whole": {"$ref": "#"},
            },
            "required": ["value", "next", "children"],
        }
        return {"type": "object", "properties": {"root": {"$ref": here}}, "required": ["root"], holder: {name: node}}

    return st.tuples(trees(), st.sampled_from(["$defs", "definitions"]), st.sampled_from(["Node", "a/b", "t~n"])).map(
        made
    )


def schemas() -> st.SearchStrategy[Any]:
    """Any schema that can be satisfied."""
    return st.one_of(trees(), trees(), recursive())
