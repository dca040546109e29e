import { types } from "node:util";
import type * as ts from "typescript";
import { type SourceContext } from "../session/program";

/** Past so many names a list helps nobody. */
const mostMembers = 1000;

/** Globals that Node gives by getters of its own, without any effect. */
const plainGetters: ReadonlySet<string> = new Set(["process", "Buffer"]);

/**
 * The value of an expression such as `a.b["c"]` or `(a as any)[0]`, found without running any of the user's code; undefined
 * if it can't be.
 */
export function valueOf(
  context: SourceContext,
  expression: ts.Node,
  scope: Readonly<Record<string, unknown>>,
): unknown {
  const { ts } = context;
  const node = ts.isExpression(expression) ? bare(context, expression) : expression;
  if (ts.isPropertyAccessExpression(node))
    return dataProperty(valueOf(context, node.expression, scope), node.name.text);
  if (ts.isElementAccessExpression(node)) {
    const key = keyOf(context, node.argumentExpression, scope);
    return key === undefined ? undefined : dataProperty(valueOf(context, node.expression, scope), key);
  }
  if (!ts.isIdentifier(node)) return undefined;
  if (Object.hasOwn(scope, node.text)) return variable(scope, node.text);
  if (plainGetters.has(node.text)) return Reflect.get(globalThis, node.text);
  return dataProperty(globalThis, node.text);
}

function variable(scope: Readonly<Record<string, unknown>>, name: string): unknown {
  try {
    return scope[name];
  } catch {
    return undefined; // `_`, whose value was let go of
  }
}

/** An expression without parentheses, casts and `!` around it. */
function bare({ ts }: SourceContext, expression: ts.Expression): ts.Expression {
  let node = expression;
  while (
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isTypeAssertionExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isNonNullExpression(node)
  )
    node = node.expression;
  return node;
}

/** The property that an element's access names, by a literal or a variable. */
function keyOf(
  context: SourceContext,
  argument: ts.Expression,
  scope: Readonly<Record<string, unknown>>,
): string | undefined {
  const { ts } = context;
  if (ts.isStringLiteralLike(argument) || ts.isNumericLiteral(argument)) return argument.text;
  const key = valueOf(context, argument, scope);
  return typeof key === "string" || typeof key === "number" ? String(key) : undefined;
}

/** A member of a live value. */
export interface Member {
  readonly name: string;
  readonly kind: "method" | "property";
  /** How many prototypes away it is. */
  readonly depth: number;
}

/** The members of a value, the nearest first; those aside that all objects have. */
export function membersOf(value: unknown): Member[] {
  const members = new Map<string, Member>();
  let depth = 0;
  for (let object = value; isObject(object); object = prototypeOf(object), depth++) {
    if (object === Object.prototype) break;
    for (const [name, { value: member }] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
      if (members.size >= mostMembers) break;
      if (!members.has(name))
        members.set(name, { name, kind: typeof member === "function" ? "method" : "property", depth });
    }
  }
  return [...members.values()];
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
