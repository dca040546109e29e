import { isJson, type Json } from "../protocol";

/** The thread that runs cells, as debuggers name it; there is no other that they see. */
export const mainThread = { id: 1, name: "main" } as const;

/** What `initialize` answers: the kernel's part of the protocol. */
export const capabilities: Json = {
  supportsConfigurationDoneRequest: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsEvaluateForHovers: true,
  supportsExceptionInfoRequest: true,
  supportsModulesRequest: true,
  supportsTerminateRequest: true,
  supportTerminateDebuggee: false,
  exceptionBreakpointFilters: [
    { filter: "raised", label: "Raised Exceptions", default: false },
    { filter: "uncaught", label: "Uncaught Exceptions", default: false },
  ],
};

/** The parts of the Debug Adapter Protocol's types that the kernel fills in. */
export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly type?: string;
  /** What `variables` is asked for; 0 if there is nothing to expand. */
  readonly variablesReference: number;
  readonly evaluateName?: string;
  readonly indexedVariables?: number;
  readonly presentationHint?: {
    readonly lazy?: boolean;
    readonly kind?: string;
    readonly visibility?: string;
  };
}

export interface StackFrame {
  readonly id: number;
  readonly name: string;
  readonly line: number;
  readonly column: number;
  readonly source: { readonly name: string; readonly path: string };
}

export interface Scope {
  readonly name: string;
  readonly presentationHint?: string;
  readonly variablesReference: number;
  readonly expensive: boolean;
}

export interface Breakpoint {
  readonly id: number;
  readonly verified: boolean;
  readonly line: number;
  readonly message?: string;
  readonly source: { readonly path: string };
}

/** What a client wants of a breakpoint. */
export interface SourceBreakpoint {
  readonly line: number;
  readonly condition: string | undefined;
  readonly hitCondition: string | undefined;
  readonly logMessage: string | undefined;
}

/** A request that cannot be answered; its message is what the client is told. */
export class DebugError extends Error {
  override readonly name = "DebugError";
}

/** The number `name` among a request's arguments, if there is one. */
export function readNumber(from: Json, name: string): number | undefined {
  const value = from[name];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The text `name` among a request's arguments, if there is one. */
export function readString(from: Json, name: string): string | undefined {
  const value = from[name];
  return typeof value === "string" ? value : undefined;
}

/** The object `name` among a request's arguments; an empty one if there is none. */
export function readObject(from: Json, name: string): Json {
  const value = from[name];
  return isJson(value) ? value : {};
}

/** The list `name` among a request's arguments; an empty one if there is none. */
export function readList(from: Json, name: string): readonly unknown[] {
  const value = from[name];
  return Array.isArray(value) ? value : [];
}

/**
 * The text `name` among a request's arguments.
 * @throws {DebugError} if there is none
 */
export function requireString(from: Json, name: string): string {
  const value = readString(from, name);
  if (value === undefined)
    throw new DebugError(`Cannot answer: expected the argument "${name}" to be a text`);
  return value;
}

/** The breakpoints of a `setBreakpoints` request. */
export function readBreakpoints(args: Json): readonly SourceBreakpoint[] {
  return readList(args, "breakpoints").flatMap((entry) => {
    const line = isJson(entry) ? readNumber(entry, "line") : undefined;
    if (!isJson(entry) || line === undefined) return [];
    const text = (name: string) => readString(entry, name)?.trim() || undefined;
    return {
      line,
      condition: text("condition"),
      hitCondition: text("hitCondition"),
      logMessage: text("logMessage"),
    };
  });
}
