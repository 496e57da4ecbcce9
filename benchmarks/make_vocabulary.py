"""Writes `fixtures/tokens/` vocabularies and character classes out of the wheel of ctok (MIT, Sander Land).

    python benchmarks/make_vocabulary.py ctok-1.3.0-py3-none-any.whl

ctok measured, piece by piece, what one token is; this keeps its pieces and leaves its evidence and code behind.
It needs the package `regex`, for the Unicode property that Python's own tables lack.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "fixtures" / "tokens"
VOCABULARIES = {"classic": "pieces_v3.json", "2026": "pieces_v4_7.json"}
MARKERS = {"⟨shift⟩": "S", "⟨caps⟩": "C", "⟨bow⟩": "^", "⟨eow⟩": "$"}
BYTE = re.compile(r"((?:⟨0x[0-9A-F]{2}⟩)+)")


def main(wheel: str) -> None:
    """Write every file of `fixtures/tokens/` that comes from the wheel."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for family, name in VOCABULARIES.items():
            document = json.loads(archive.read(f"ctok/data/{name}"))
            _write(f"vocabulary_{family}.json", _vocabulary(document, wheel))
    sys.path.insert(0, wheel)
    _write("characters.json", _characters())


def _vocabulary(document: dict[str, Any], wheel: str) -> dict[str, Any]:
    groups: dict[str, list[str]] = {}
    spaces: list[str] = []
    for group, entries in document["tokens"].items():
        for piece in entries if group not in ("bytes_fallback", "markers") else ():
            shape, text = _parsed(piece, glued=group == "contractions")
            if text.isspace():
                spaces.append(text)
            else:
                groups.setdefault(shape, []).append(text)
    return {
        "about": f"Pieces of {Path(wheel).name} (MIT, Copyright (c) 2026 Sander Land), each measured as one token. "
        "Shapes: S title case, C all capitals, ^ a word begins, $ a word ends.",
        "fold_quotes": document["meta"]["fold_quotes"],
        "capitals_from": document["meta"]["allcaps_min"],
        "pieces": {shape: " ".join(sorted(texts)) for shape, texts in sorted(groups.items())},
        "spaces": sorted(spaces),
        "bytes": " ".join(sorted(document["tokens"]["bytes_fallback"])),
    }


def _parsed(piece: str, *, glued: bool) -> tuple[str, str]:
    """A piece in ctok's notation as (shape, text); `glued` for contractions, stored without their end."""
    shape = "$" if glued else ""
    for marker, letter in MARKERS.items():
        if marker in piece:
            piece, shape = piece.replace(marker, ""), shape + letter
    return shape, BYTE.sub(_literal, piece)


def _literal(match: re.Match[str]) -> str:
    return bytes.fromhex(match[1].replace("⟨0x", "").replace("⟩", "")).decode()


def _characters() -> dict[str, Any]:
    rules = importlib.import_module("ctok.normalize")  # out of the wheel
    classes: dict[str, list[int]] = {"letters": [], "digits": [], "punctuation": [], "symbols": [], "numbers": []}
    for code in range(0x80, 0x10000):
        name = _class_of(chr(code), rules)
        if name:
            classes[name].append(code)
    about = "Which characters beyond ASCII count as letters, digits ...; the others stand alone. Ranges, from - to."
    return {"about": about, **{name: _ranges(codes) for name, codes in classes.items()}}


def _class_of(char: str, rules: Any) -> str | None:
    kind = rules.classify(char)
    if kind in ("wordy", "digit", "punct"):
        return {"wordy": "letters", "digit": "digits", "punct": "punctuation"}[kind]
    if kind == "space" or unicodedata.category(char) == "Cs":
        return None
    if rules._marks_like_punct(char) or rules._is_selector(char):
        return "symbols"
    return "numbers" if rules._digit_border(char) else None


def _ranges(codes: list[int]) -> str:
    """Neighbouring codes as hexadecimal ranges: `aa b5 c0-d6`."""
    spans: list[list[int]] = []
    for code in codes:
        if spans and code == spans[-1][1] + 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return " ".join(f"{low:x}" if low == high else f"{low:x}-{high:x}" for low, high in spans)


def _write(name: str, data: dict[str, Any]) -> None:
    text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
    (TARGET / name).write_text(text, encoding="utf-8")
    print(f"{name}: {len(text.encode()):,} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
