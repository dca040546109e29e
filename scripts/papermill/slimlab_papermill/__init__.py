"""Parameters in TypeScript for papermill: papermill loads this at its start, by the engine's entry point.

`papermill in.ipynb out.ipynb -p steps 100 -p name "a text" …` then does for notebooks in TypeScript what it does for those in
Python. The parameters come as a cell of `const` lines after the cell tagged "parameters", or first of all if there is none. Each
is of the type that is written there, or is that of the value there, and refused if it does not fit; what the cell does not
declare is a boolean, null, a number or text.
"""

from papermill.engines import NBClientEngine
from papermill.translators import papermill_translators

from .translator import TypeScriptTranslator

papermill_translators.register("typescript", TypeScriptTranslator)

Engine = NBClientEngine
