"""The sandbox of templates: jinja2's, with an end to everything: what can be said, how long it takes, how long it gets.

Never imported before a template is used: jinja2 takes its time to load.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from jinja2 import StrictUndefined, Template, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from fakeapi.replies import bounds
from fakeapi.replies.fakery import Fakery, reason_against

_BUILTIN = (
    *("abs", "capitalize", "count", "d", "default", "dictsort", "first", "float", "int", "items", "last", "length"),
    *("list", "lower", "map", "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "sum"),
    *("title", "trim", "truncate", "unique", "upper", "urlencode", "wordcount"),
)
_METHODS: dict[type, frozenset[str]] = {
    str: frozenset(
        (
            *(
                "capitalize",
                "casefold",
                "count",
                "endswith",
                "find",
                "index",
                "isalnum",
                "isalpha",
                "isdigit",
                "islower",
            ),
            *(
                "isnumeric",
                "isspace",
                "isupper",
                "lower",
                "lstrip",
                "partition",
                "removeprefix",
                "removesuffix",
                "rfind",
            ),
            *("rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title"),
            "upper",
        )
    ),
    dict: frozenset({"get", "items", "keys", "values"}),
    list: frozenset({"count", "index"}),
    tuple: frozenset({"count", "index"}),
}
_OF_LOOPS = frozenset(
    {"changed", "cycle", "first", "index", "index0", "last", "length", "nextitem", "previtem", "revindex", "revindex0"}
)
_STATEMENTS = (nodes.Output, nodes.For, nodes.If, nodes.Assign, nodes.AssignBlock, nodes.With)
_OF_TAGS: dict[type[nodes.Node], str] = {
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.FilterBlock: "filter",
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "import",
    nodes.Extends: "extends",
    nodes.Block: "block",
}


class RefusedError(Exception):
    """Something that templates can't do here; `line` is where it stands in the template."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


class Missing(StrictUndefined):
    """A name or member that isn't there: whoever uses it is told what is."""

    @property
    def _undefined_message(self) -> str:
        found, name = self._undefined_obj, self._undefined_name
        if self._undefined_hint:
            return self._undefined_hint
        if isinstance(found, dict):
            known = ", ".join(str(key) for key in found if isinstance(key, str))
            return f"there is no {name!r} here" + (f"; there is {known}" if known else ", there is nothing")
        if isinstance(found, list | tuple):
            return f"there is no item {name!r} in a list of {len(found)}"
        if isinstance(found, Fakery):
            return reason_against(str(name)) or f"faker has no {name!r}"
        if isinstance(found, Undefined) or found is None or isinstance(found, str | int | float):
            return f"{_shown(found)} has no {name!r}"
        return f"{name!r} is not known"


class Sandbox(ImmutableSandboxedEnvironment):
    """jinja2 without what has no end, and without what isn't for texts."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(
            undefined=Missing,
            optimized=False,
            finalize=_finished,
            keep_trailing_newline=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.globals = {"range": _range, "_each": bounds.each, "_concat": bounds.concat}
        filters = {name: self.filters[name] for name in _BUILTIN} | bounds.FILTERS
        self.filters = {name: _paid(made) for name, made in filters.items()}

    def compiled(self, source: str) -> Template:
        """The template of a text. jinja2's TemplateError, RefusedError or bounds.BoundError where there is none."""
        if len(source) > bounds.LONGEST_TEMPLATE:
            raise bounds.BoundError(f"the template is longer than {bounds.LONGEST_TEMPLATE:,} characters")
        with bounds.allowance():
            tree = self.parse(source)
            _look_through(tree)
            return self.from_string(_Bounded().visit(tree))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ARG002
        """Nothing but the methods of values that are of use in a text."""
        if isinstance(obj, LoopContext):
            return attr in _OF_LOOPS
        return isinstance(obj, Fakery) or attr in _METHODS.get(type(obj), ())

    def wrap_str_format(self, value: Any) -> Any:  # noqa: ARG002
        """`str.format` can be as wide as it likes: there is the filter `format` instead."""
        return None

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        """What is refused isn't there."""
        return Missing(f"{_shown(obj)} has no {attribute!r} here", exc=SecurityError)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A member before a method: JSON may have an `items`."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        if isinstance(obj, Fakery) and attribute.startswith("_"):
            return self.unsafe_undefined(obj, attribute)
        return super().getattr(obj, attribute)

    def call(self, context: Any, obj: Any, *values: Any, **options: Any) -> Any:
        """A call, paid for."""
        bounds.spend(bounds.length(getattr(obj, "__self__", None)))
        return super().call(context, obj, *values, **options)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """`+ * ** %` as far as their outcome is of a decent size."""
        bounds.spend(bounds.length(left) + bounds.length(right))
        if operator == "%" and isinstance(left, str):
            return bounds.percent(left, *(right if isinstance(right, tuple) else (right,)))
        bounds.hold(operator, left, right)
        return super().call_binop(context, operator, left, right)


def _finished(value: Any) -> Any:
    return value if isinstance(value, str) else bounds.text(value)


def _look_through(tree: nodes.Template) -> None:
    """RefusedError for statements and names that templates here don't have."""
    for node in tree.find_all((nodes.Stmt, nodes.Name, nodes.NSRef)):
        if type(node) in _OF_TAGS:
            reason = f"{{% {_OF_TAGS[type(node)]} %}} is not for templates here; there are if, for, set, with and raw"
            raise RefusedError(reason, node.lineno)
        if isinstance(node, nodes.Stmt) and not isinstance(node, _STATEMENTS):
            raise RefusedError(f"{type(node).__name__} is not for templates here", node.lineno)
        if isinstance(node, nodes.For) and node.recursive:
            raise RefusedError("a loop can't be recursive here", node.lineno)
        if isinstance(node, nodes.Name) and (node.name.startswith("_") or node.name == "self"):
            raise RefusedError(f"{node.name!r} is no name for templates here", node.lineno)


class _Bounded(NodeTransformer):
    """Counts the rounds of loops, and measures what `~` joins."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - jinja2 names it
        self.generic_visit(node)
        node.iter = _calling("_each", [node.iter], node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _calling("_concat", node.nodes, node.lineno)


def _calling(name: str, arguments: list[Any], line: int) -> nodes.Call:
    return nodes.Call(nodes.Name(name, "load", lineno=line), arguments, [], None, None, lineno=line)


def _range(*ends: int) -> range:
    found = range(*ends)
    if len(found) > bounds.MOST_ROUNDS:
        raise bounds.BoundError(f"range gives more than {bounds.MOST_ROUNDS:,} numbers")
    return found


def _paid(made: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, its work counted; jinja2 learns from marks on the function what else to pass."""

    @wraps(made)
    def paid(*values: Any, **options: Any) -> Any:
        bounds.spend(sum(map(bounds.length, values[:2])))
        return made(*values, **options)

    return paid


def _shown(value: Any) -> str:
    """What a value is, for a person."""
    if isinstance(value, str):
        return f"the text {value[:30]!r}"
    return {type(None): "nothing (null)", dict: "a mapping", list: "a list"}.get(type(value), f"{value!s:.30}")
