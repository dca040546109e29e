"""The language TypeScript for papermill."""

import json
import math
import re

import click
from papermill.models import Parameter
from papermill.translators import Translator

from .declared import Code, Given, declarations, fit, untyped


class TypeScriptTranslator(Translator):
    """Python values as TypeScript; the types are written out, so that 1 is a number and not the type 1."""

    TYPES = {bool: "boolean", int: "number", float: "number", str: "string"}

    declared = {}

    @classmethod
    def translate(cls, value):
        if isinstance(value, Code):
            return str(value)
        if isinstance(value, float) and not math.isfinite(value):
            return "NaN" if math.isnan(value) else "-Infinity" if value < 0 else "Infinity"
        if isinstance(value, dict):
            items = (f"{json.dumps(str(key), ensure_ascii=False)}: {cls.translate(item)}" for key, item in value.items())
            return "{ " + ", ".join(items) + " }" if value else "{}"
        if isinstance(value, (list, tuple)):
            return f"[{', '.join(map(cls.translate, value))}]"
        if isinstance(value, int) and abs(value) > 2**53:
            raise ValueError(f"Cannot write parameter: expected an integer of at most 2^53, got {value}")
        if value is None or isinstance(value, (bool, int, float, str)):
            return json.dumps(value, ensure_ascii=False)
        return json.dumps(str(value), ensure_ascii=False)  # as papermill does with what no notebook can hold

    @classmethod
    def comment(cls, text):
        return f"// {text}".rstrip()

    @classmethod
    def codify(cls, parameters, comment="Parameters"):
        lines = [cls.comment(comment)]
        for name, value in {**parameters, **given()}.items():
            if not re.fullmatch(r"[A-Za-z_$][\w$]*", name):
                raise ValueError(f"Cannot write parameter: expected the name of a variable, got {name!r}")
            known = cls.declared.get(name)
            value = fit(name, value, known.kind) if known else untyped(value)
            parameters[name] = value  # which papermill writes into the notebook's metadata
            kind = known.kind if known and known.written else cls.TYPES.get(type(value))
            keyword = known.keyword if known else "const"
            lines.append(f"{keyword} {name}{f': {kind}' if kind else ''} = {cls.translate(value)};")
        return "\n".join(lines) + "\n"

    @classmethod
    def inspect(cls, parameters_cell):
        """What `--help-notebook` lists, and which parameters papermill takes for known: it asks before codify()."""
        cls.declared = declarations(parameters_cell["source"])
        return [
            Parameter(name, kind or "None", value, help)
            for name, (_keyword, kind, _written, value, help) in cls.declared.items()
        ]


def given():
    """The texts of papermill's -p, of which it makes Python's words and numbers before their types are known."""
    context = click.get_current_context(silent=True)
    options = context.params if context and context.command.name == "papermill" else {}
    raw = dict(options.get("parameters_raw") or ())
    texts = dict(options.get("parameters") or ())
    return {name: Given(text) for name, text in texts.items() if name not in raw}
