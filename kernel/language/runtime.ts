import { types } from "node:util";
import type * as ts from "@tslab/typescript-for-tslab";
import { type CompletionItem } from "../session/api";
import { type SourceContext } from "../session/program";

/** Past so many names a list helps nobody. */
const mostMembers = 1000;

/** The value of an expression such as `a.b.c`, found without running any of the user's code; undefined if it can't be. */
export function valueOf(
  { ts }: SourceContext,
  expression: ts.Node,
  scope: Readonly<Record<string, unknown>>,
): unknown {
  const path: string[] = [];
  let node = expression;
  while (ts.isPropertyAccessExpression(node)) {
    path.unshift(node.name.text);
    node = node.expression;
  }
  if (!ts.isIdentifier(node)) return undefined;
  let value = Object.hasOwn(scope, node.text) ? scope[node.text] : dataProperty(globalThis, node.text);
  for (const name of path) value = dataProperty(value, name);
  return value;
}

/** The members of the value left of the dot before a position, for what TypeScript only knows as `any`. */
export function listMembers(
  context: SourceContext,
  at: number,
  scope: Readonly<Record<string, unknown>>,
): CompletionItem[] {
  const { ts, sourceFile } = context;
  const dot = ts.findPrecedingToken(at, sourceFile);
  if (dot === undefined || !ts.isPropertyAccessExpression(dot.parent)) return [];
  const items = new Map<string, CompletionItem>();
  for (
    let value = valueOf(context, dot.parent.expression, scope);
    isObject(value);
    value = prototypeOf(value)
  ) {
    for (const [name, { value: member }] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
      if (
        !/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ||
        items.has(name) ||
        items.size >= mostMembers
      )
        continue;
      items.set(name, { text: name, kind: typeof member === "function" ? "method" : "property" });
    }
  }
  return [...items.values()];
}

/** A property's value, unless a getter or a proxy would have to run to give it. */
export function dataProperty(value: unknown, name: string): unknown {
  for (let object = value; isObject(object); object = prototypeOf(object)) {
    const descriptor = Object.getOwnPropertyDescriptor(object, name);
    if (descriptor !== undefined) return descriptor.value;
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") && !types.isProxy(value)
  );
}

function prototypeOf(value: object): unknown {
  return Object.getPrototypeOf(value);
}
