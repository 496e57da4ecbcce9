"""What a YAML parser complains of, in words that help: most of its complaints have one of a few common causes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from fakeapi.rules.loading.nodes import Place, UnreadableError

_COLON = "put the text in quotes: in YAML, a colon and a space make a key"
_INDENT = "keys of one mapping begin in one column"
_QUOTE = "put the text in quotes"
_SPACELESS = re.compile(r"\s*(?:- +)*(\w+):(?=[^\s:/])")
_UNSEEN = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Fault(NamedTuple):
    """What the parser met: the lines, the place, and where that which it was reading began."""

    lines: list[str]
    place: Place
    opened: Place

    @property
    def line(self) -> str:
        """The line of the place."""
        return self.lines[self.place[0] - 1] if self.place[0] <= len(self.lines) else ""

    @property
    def before(self) -> str:
        """What stands before the place in its line."""
        return self.line[: self.place[1] - 1]

    @property
    def found(self) -> str:
        """The character at the place; "" at a line's end."""
        return self.line[self.place[1] - 1 : self.place[1]]

    @property
    def key_place(self) -> Place:
        """Where the text of the line begins."""
        return (self.place[0], len(self.line) - len(self.line.lstrip(" ")) + 1)


_Cause: TypeAlias = Callable[[_Fault], UnreadableError]


def fault_in_words(fault: Any, text: str) -> UnreadableError:
    """The fault of a YAML parser as a place, a sentence and a mend."""
    mark = getattr(fault, "problem_mark", None)
    if mark is None:
        return _unseen(fault, text)
    opened = getattr(fault, "context_mark", None) or mark
    met = _Fault(text.split("\n"), (mark.line + 1, mark.column + 1), (opened.line + 1, opened.column + 1))
    said = f"{fault.context or ''} {fault.problem or ''}"
    tell = next((tell for pattern, tell in _CAUSES if re.search(pattern, said)), None)
    return tell(met) if tell else UnreadableError(met.place, f"not valid YAML: {fault.problem}")


def _unseen(fault: Any, text: str) -> UnreadableError:
    found = _UNSEEN.search(text)
    at = found.start() if found else 0
    place = (text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
    shown = f"U+{ord(found[0]):04X}" if found else str(getattr(fault, "reason", fault))
    return UnreadableError(
        place, f"a control character ({shown})", "write it as an escape in double quotes, or drop it"
    )


def _tab(met: _Fault) -> UnreadableError:
    return UnreadableError(met.place, "a tab can't indent in YAML", "use spaces")


def _stray(met: _Fault) -> UnreadableError:
    if met.found == "\t" or met.before.lstrip(" ").startswith("\t"):
        return _tab(met)
    return UnreadableError(met.place, f"in YAML, a text can't begin with {met.found}", _QUOTE)


def _colon(met: _Fault) -> UnreadableError:
    """A second colon in one line, or a key where none can be: after a text that goes on, or indented otherwise."""
    if re.search(r":\s", met.before):
        return UnreadableError(met.place, "a second colon in one line", _COLON)
    return _no_space(met) or UnreadableError(met.key_place, "a key doesn't fit here: the indentation is off", _INDENT)


def _no_space(met: _Fault) -> UnreadableError | None:
    """`match:weather` in the line before."""
    for number in range(met.place[0] - 1, max(0, met.place[0] - 3), -1):
        found = _SPACELESS.match(met.lines[number - 1])
        if found:
            place = (number, found.end() + 1)
            return UnreadableError(
                place, f"a space is missing after {found[1]}:", f"write {found[1]}: and then the value"
            )
    return None


def _bracket(opening: str, closing: str) -> _Cause:
    def tell(met: _Fault) -> UnreadableError:
        if met.found == ":" and re.search(r":\s", met.before):
            return UnreadableError(met.place, "a second colon in one entry", _COLON)
        message = f"the bracket {opening} that is opened here is not closed before line {met.place[0]}"
        if met.place[0] == met.opened[0]:
            message = f"the bracket {opening} that is opened here is not closed before column {met.place[1]}"
        return UnreadableError(met.opened, message, f"add the {closing}, or a comma between two entries")

    return tell


def _quotation(met: _Fault) -> UnreadableError:
    return UnreadableError(
        met.opened, "the quotation mark that is opened here is not closed", "add it at the text's end"
    )


def _no_entry(met: _Fault) -> UnreadableError:
    line, column = met.opened
    if met.found == "-" and not met.line[met.place[1] :].startswith(" "):
        return UnreadableError(met.place, "a space is missing after the -", "write '- ' before each entry of a list")
    message = f"this is no entry of the list that begins in line {line}, column {column}"
    mend = f"begin it with '- ' in column {column}; or, as part of the entry above, indent it like that"
    return UnreadableError(met.place, message, mend)


def _after_value(met: _Fault) -> UnreadableError:
    if re.search(r"""['"]\s*$""", met.before) or re.search(r"""['"][^'"\s]*$""", met.before):
        mend = "put the whole text in quotes; inside single quotes, a ' is written ''"
        return UnreadableError(met.place, "something stands after the closing quotation mark", mend)
    return UnreadableError(met.place, "a key doesn't fit here: the indentation is off", _INDENT)


def _no_colon(met: _Fault) -> UnreadableError:
    return UnreadableError(met.opened, "a key without its colon", "write key: value, with a space after the colon")


def _escape(met: _Fault) -> UnreadableError:
    at = met.place[1] - 1
    found = met.line[at : at + 2] if met.found == "\\" else met.line[max(0, at - 1) : at + 1]
    place = met.place if met.found == "\\" else (met.place[0], max(1, at))
    return UnreadableError(place, f"{found} is no escape of double quotes", "use single quotes: in them, \\ is itself")


def _surrogate(met: _Fault) -> UnreadableError:
    return UnreadableError(met.place, "this escape is half a character", "write the character, or \\U and 8 digits")


def _star(met: _Fault) -> UnreadableError:
    return UnreadableError(met.opened, "in YAML, a text can't begin with * or &", _QUOTE)


def _block(met: _Fault) -> UnreadableError:
    mend = "begin it on the next line, indented; or put a text that begins with > or | in quotes"
    return UnreadableError(met.opened, "after > or |, nothing may follow on the line", mend)


def _dash(met: _Fault) -> UnreadableError:
    return UnreadableError(met.place, "a list can't begin on the line of its key", "begin it on the next line")


def _too_much(met: _Fault) -> UnreadableError:
    mend = "a file is one list: each rule begins with '- '"
    return UnreadableError(met.place, "something stands after the end of the list", mend)


def _nothing(met: _Fault) -> UnreadableError:
    if not met.found:
        return UnreadableError(met.place, "the file ends in the middle of a value", "close what is open")
    mend = f"a text that begins with {met.found} stands in quotes"
    return UnreadableError(met.place, f"a value is missing before {met.found}", mend)


_CAUSES: tuple[tuple[str, _Cause], ...] = (
    (r"tab character", _tab),
    (r"cannot start any token", _stray),
    (r"scanning an (alias|anchor)", _star),
    (r"mapping values are not allowed", _colon),
    (r"block sequence entries are not allowed", _dash),
    (r"expected ',' or '}'", _bracket("{", "}")),
    (r"expected ',' or '\]'", _bracket("[", "]")),
    (r"unexpected end of stream|unexpected document indicator", _quotation),
    (r"expected '-' indicator", _no_entry),
    (r"expected key|expected <block end>", _after_value),
    (r"could not find expected ':'", _no_colon),
    (r"unknown escape", _escape),
    (r"Unicode character escape", _surrogate),
    (r"scanning a block scalar", _block),
    (r"expected <document start>", _too_much),
    (r"expected node content", _nothing),
)
"""What a parser says -> what is meant; the first that fits is taken."""
