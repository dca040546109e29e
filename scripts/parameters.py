"""papermill with parameters in TypeScript: papermill itself knows no such language.

Usage: python scripts/parameters.py NOTEBOOK OUTPUT -p steps 100 -p name "a text" ...

All of papermill's options work. The parameters come as a cell of `const` lines after the cell tagged "parameters",
or first of all if there is none. Each is of the type that is written there, or is that of the value there, and refused if
it does not fit; what the cell does not declare is a boolean, null, a number or text. papermill is not set up by default: .venv/bin/python -m pip install papermill
"""

import json
import math
import re

from declared import Code, Given, declarations, fit, untyped
from papermill import cli
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators


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
        for name, value in parameters.items():
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
        line = re.compile(r"^\s*(?:const|let|var)\s+([\w$]+)\s*(?::\s*([^=]+?))?\s*=\s*(.+?);?\s*(?://\s*(.*))?$", re.M)
        found = line.findall(parameters_cell["source"])
        return [
            Parameter(name, kind or (name in cls.declared and cls.declared[name].kind) or "None", value, help)
            for name, kind, value, help in found
        ]


papermill_translators.register("typescript", TypeScriptTranslator)

if __name__ == "__main__":
    cli._resolve_type = Given  # -p 007 for a string is no number
    cli.papermill()
