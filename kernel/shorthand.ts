import * as ts from "@tslab/typescript-for-tslab";

/** A cell's code with `{ a }` written out as `{ a: a }`. */
export interface Expanded {
  readonly code: string;
  /** The column of the original code, from 1, for one of the expanded code's. */
  columnOf(line: number, column: number): number;
}

/**
 * Writes out the shorthand properties of a cell: tslab 1.0.22 finds variables of earlier cells everywhere but there.
 * Code that does not parse stays as it is.
 */
export function expandShorthand(code: string): Expanded {
  const file = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.ES2022, false);
  const insertions: { readonly at: number; readonly name: string }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isShorthandPropertyAssignment(node)) insertions.push({ at: node.name.end, name: node.name.text });
    ts.forEachChild(node, visit);
  };
  visit(file);
  let expanded = code;
  for (const { at, name } of [...insertions].reverse())
    expanded = `${expanded.slice(0, at)}: ${name}${expanded.slice(at)}`;
  const places = insertions.map(({ at, name }) => ({
    ...file.getLineAndCharacterOfPosition(at),
    length: name.length + 2,
  }));
  return {
    code: expanded,
    columnOf: (line, column) => {
      let original = column;
      for (const place of places) {
        if (place.line !== line - 1 || place.character >= original - 1) continue;
        original = Math.max(place.character + 1, original - place.length);
      }
      return original;
    },
  };
}
