"""Parameters that a cell of TypeScript declares: of which type each is, and what a given value is in that type."""

import datetime
import json
import math
import re
from typing import NamedTuple, Optional

TOKEN = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|=>|[\w$.]+|\s+|.", re.S)
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|0[xX][\da-fA-F]+|[+-]?(?:Infinity|inf)|NaN|nan")
WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}


class Code(str):
    """A value as TypeScript, for what JSON has no word for."""


class Declared(NamedTuple):
    keyword: str
    kind: Optional[str]  # undefined if neither written nor to be seen from the value
    written: bool  # whether the type stands in the cell
    value: str  # as it stands there
    help: str  # the comment behind it


def declarations(source):
    """The variables of a cell by name."""
    tokens = TOKEN.findall(source)
    found, at, depth = {}, 0, 0
    while at < len(tokens):
        depth += depth_of(tokens[at])
        if depth == 0 and tokens[at] in ("const", "let", "var"):
            keyword, end = tokens[at], ","
            while end == ",":
                name, end, at = until(tokens, at + 1, (":", "=", ";", ",", "\n"))
                kind, value = "", ""
                if at < len(tokens) and tokens[at] == ":":
                    kind, end, at = until(tokens, at + 1, ("=", ";", ",", "\n"), "<>")
                if at < len(tokens) and tokens[at] == "=":
                    value, end, at = until(tokens, at + 1, (";", ",", "\n"))
                if re.fullmatch(r"[A-Za-z_$][\w$]*", name):
                    written, kind = kind != "", kind or inferred(value)
                    found[name] = Declared(keyword, kind, written, value or "undefined", comment(tokens, at))
        at += 1
    return found


def comment(tokens, at):
    """The comment behind a declaration that ends at a token, if there is no more on the line."""
    if at > 0 and tokens[at - 1].startswith("//"):
        return tokens[at - 1][2:].strip()
    while at < len(tokens) and (tokens[at] in (";", ",") or (tokens[at].isspace() and "\n" not in tokens[at])):
        at += 1
    token = tokens[at] if at < len(tokens) else ""
    return token[2:].strip() if token.startswith("//") else ""


def depth_of(token, angles=""):
    """How much deeper it is after a bracket; `angles` are brackets in types only."""
    return 1 if token in "([{" + angles[:1] else -1 if token in ")]}" + angles[1:] else 0


def until(tokens, at, ends, angles=""):
    """The text up to one of `ends` outside of brackets, which of them, and where it is; a line ends where no operator does."""
    depth, text = 0, ""
    while at < len(tokens):
        token = tokens[at]
        if is_blank(token) and not token.isspace():
            at += 1
            continue
        if depth == 0 and token.isspace() and "\n" in token:
            following = next((each for each in tokens[at + 1 :] if not is_blank(each)), ";")
            goes_on = re.search(r"(^|[|&+\-*/=(?:,])$", text.strip()) or following in tuple("|&+-*/=?:.")
            if "\n" in ends and not goes_on:
                return tidy(text), "\n", at
        elif depth == 0 and token in ends:
            return tidy(text), token, at
        depth += depth_of(token, angles)
        text += token
        at += 1
    return tidy(text), "", at


def is_blank(token):
    return token.isspace() or token.startswith(("//", "/*"))


def tidy(text):
    return re.sub(r"\s*\n\s*", " ", text).strip()


def inferred(value):
    """The type of a variable by its value; None where that does not show it."""
    cast = re.search(r"\bas\s+((?!const\b)[^)]+)$", value)
    if cast:
        return cast[1].strip()
    value = re.sub(r"\s+as\s+const$", "", value)
    if value in ("true", "false"):
        return "boolean"
    if re.fullmatch(r"([\"'`]).*\1", value, re.S):
        return "string"
    if NUMBER.fullmatch(value.replace("_", "")) or re.fullmatch(r"0[bo]\d+", value):
        return "number"
    if re.fullmatch(r"-?\d+n", value):
        return "bigint"
    if value.startswith("new Date("):
        return "Date"
    return "unknown[]" if value.startswith("[") else "object" if value.startswith("{") else None


def fit(name, value, kind):
    """A value as one of the type; text, as a command line gives it, is read as the type says.

    Raises ValueError if it is none."""
    for member in members(kind) if kind else [None]:
        try:
            return fit_one(value, member)
        except ValueError:
            continue
    hint = " (in quotes it is a text)" if "string" in members(kind) else ""
    raise ValueError(f'Cannot set parameter "{name}": expected {kind}, got {json.dumps(value, default=str)}{hint}')


ORDER = ["null", "undefined", "boolean", "number", "bigint", "Date"]


def members(kind):
    """What a union is of; text, which can be all, last but for types that only the cell knows."""
    parts, depth, text = [], 0, ""
    for token in TOKEN.findall(kind):
        depth += depth_of(token, "<>")
        if token == "|" and depth == 0:
            parts.append(text.strip())
            text = ""
        else:
            text += token
    parts = [part for part in [*parts, text.strip()] if part]
    rank = lambda part: ORDER.index(part) if part in ORDER else 8 if part == "string" else 7 if is_known(part) else 9
    return sorted(parts, key=rank)


def is_known(kind):
    return bool(kind == "object" or literal(kind) is not None or item_kind(kind) or re.match(r"[\[{]|Record<", kind))


def literal(kind):
    if re.fullmatch(r"([\"']).*\1", kind):
        return kind[1:-1]
    return kind if kind in ("true", "false") or NUMBER.fullmatch(kind) else None


def item_kind(kind):
    """Of what a list is."""
    match = re.fullmatch(r"(?:readonly\s+)?\(?(.+?)\)?\[\]|(?:Readonly)?Array<(.+)>", kind)
    return (match[1] or match[2]) if match else None


def fit_one(value, kind):
    if literal(kind or "") is not None:
        return fit_literal(value, kind)
    if kind in ("null", "undefined"):
        if value is None or (isinstance(value, str) and value in (kind, "null", "None")):
            return None if kind == "null" else Code("undefined")
    elif kind == "boolean":
        value = WORDS.get(value) if isinstance(value, str) else value
        if isinstance(value, bool):
            return value
    elif kind in ("number", "bigint"):
        return number(value, kind)
    elif kind == "Date" and isinstance(value, str):
        datetime.datetime.fromisoformat(value)  # raises ValueError
        return Code(f"new Date({json.dumps(value)})")
    elif kind == "string":
        if isinstance(value, str):
            return str(value)
    elif kind and (kind == "object" or re.match(r"[\[{]|Record<", kind) or item_kind(kind)):
        return fit_nested(value, kind)
    elif kind != "Date":
        return untyped(value)
    raise ValueError


def fit_literal(value, kind):
    text = literal(kind)
    if text == value or (text in ("true", "false") and WORDS.get(str(value)) is (text == "true")):
        return text if kind[0] in "\"'" else WORDS.get(text) if text in WORDS else number(text, "number")
    if not isinstance(value, bool) and kind == text and number(value, "number") == number(text, "number"):
        return number(value, "number")
    raise ValueError


def number(value, kind):
    if isinstance(value, str):
        if not NUMBER.fullmatch(value.strip()):
            raise ValueError
        text = value.strip()
        digits = re.fullmatch(r"[+-]?\d+", text)
        value = int(text, 16) if text[:2] in ("0x", "0X") else int(text) if digits else float(text)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError
    if kind == "number":
        return value
    if not isinstance(value, int):
        raise ValueError
    return Code(f"{value}n")


def fit_nested(value, kind):
    if isinstance(value, str):
        value = json.loads(value)  # raises a ValueError
    item = item_kind(kind)
    if item is None and isinstance(value, list if kind.startswith("[") else dict):
        return value
    if item is None or not isinstance(value, (list, tuple)):
        raise ValueError
    return [fit("", one, item) for one in value]


def untyped(value):
    """What a command line gives for what has no type that is known: a word, a number, else text."""
    if not isinstance(value, Given):
        return value
    if value in WORDS:
        return WORDS[value]
    return number(value, "number") if NUMBER.fullmatch(value) else str(value)


class Given(str):
    """A text of -p, of which papermill would make a number or one of Python's words before its type is known."""
