"""A very small Python: what a short program of arithmetic and prints would print. Anything else is left undecided.

It runs nothing: it walks the parsed program, and only over numbers, texts and lists, all of bounded size.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import statistics
from collections.abc import Callable
from typing import Any

_MOST_BITS = 4000
_MOST_ITEMS = 10_000
_SPEC = re.compile(r"[<>^]?\d{0,2},?(?:\.\d{1,2})?[dfeg%]?")
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{made.__name__: made for made in (sum, min, max, len, sorted, round, abs, str, int, float)},
    **{f"math.{name}": getattr(math, name) for name in ("sqrt", "factorial", "floor", "ceil", "log", "gcd")},
    **{f"statistics.{name}": getattr(statistics, name) for name in ("mean", "median", "mode", "stdev", "pstdev")},
}


class UndecidedError(Exception):
    """The program does something that is not followed here."""


def printed(program: str) -> tuple[str, str]:
    """What a program prints, and the last line of its traceback if it fails ("" if not).

    Raises UndecidedError for a program that does more than reckon and print.
    """
    try:
        parsed = ast.parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        raise UndecidedError from fault
    names: dict[str, Any] = {}
    lines: list[str] = []
    try:
        for statement in parsed.body:
            _obey(statement, names, lines)
    except ZeroDivisionError as fault:
        return "".join(lines), f"ZeroDivisionError: {fault}"
    except (
        ArithmeticError,
        ValueError,
        TypeError,
        IndexError,
        KeyError,
        RecursionError,
        statistics.StatisticsError,
    ) as fault:
        raise UndecidedError from fault
    return "".join(lines), ""


def _obey(statement: ast.stmt, names: dict[str, Any], lines: list[str]) -> None:
    match statement:
        case ast.Import() | ast.ImportFrom():
            return
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            names[name] = _value(value, names)
        case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=given, keywords=[])):
            lines.append(" ".join(str(_value(each, names)) for each in given) + "\n")
        case ast.Expr(value=ast.Constant()):
            return
        case _:
            raise UndecidedError


def _value(node: ast.expr, names: dict[str, Any]) -> Any:
    match node:
        case ast.Constant(value=int() | float() | str() as value):
            return value
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.List(elts=items) | ast.Tuple(elts=items) if len(items) <= _MOST_ITEMS:
            return [_value(item, names) for item in items]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            number = _number(_value(operand, names))
            return -number if isinstance(sign, ast.USub) else number
        case ast.BinOp(left=left, op=operation, right=right):
            return _reckoned(operation, _value(left, names), _value(right, names))
        case ast.Call(func=function, args=given, keywords=[]):
            return _called(ast.unparse(function), [_value(each, names) for each in given])
        case ast.JoinedStr(values=parts):
            return _short("".join(_part(part, names) for part in parts))
    raise UndecidedError


def _short(text: str) -> str:
    if len(text) > _MOST_ITEMS:
        raise UndecidedError
    return text


def _number(value: Any) -> int | float:
    if isinstance(value, int | float):
        return value
    raise UndecidedError


def _reckoned(operation: ast.operator, left: Any, right: Any) -> Any:
    if isinstance(operation, ast.Add) and isinstance(left, str) and isinstance(right, str):
        return _short(left + right)
    first, second = _number(left), _number(right)
    known = _BINARY.get(type(operation))
    if known is None or (known is operator.pow and _bits(first) * max(1, abs(second)) > _MOST_BITS):
        raise UndecidedError
    found = known(first, second)
    if isinstance(found, complex) or _bits(found) > _MOST_BITS:
        raise UndecidedError
    return found


def _bits(number: float) -> int:
    return number.bit_length() if isinstance(number, int) else 64


def _called(name: str, given: list[Any]) -> Any:
    function = _FUNCTIONS.get(name)
    if function is None or (name == "math.factorial" and _number(given[0]) > 400):
        raise UndecidedError
    return function(*given)


def _part(part: ast.expr, names: dict[str, Any]) -> str:
    """A piece of an f-string."""
    if isinstance(part, ast.Constant):
        return str(part.value)
    if isinstance(part, ast.FormattedValue) and part.conversion == -1:
        spec = part.format_spec
        written = "".join(_part(piece, names) for piece in spec.values) if isinstance(spec, ast.JoinedStr) else ""
        if _SPEC.fullmatch(written):
            return format(_value(part.value, names), written)
    raise UndecidedError
