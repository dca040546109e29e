import { type Runtime, type Session } from "node:inspector/promises";
import { isJson, type Json } from "../protocol";
import { DebugError } from "./dap";
import { targetSymbol } from "./target";

/** What an expression came to. */
interface Evaluated {
  readonly result: Runtime.RemoteObject;
  readonly exceptionDetails?: Runtime.ExceptionDetails | undefined;
}

const target = `globalThis[Symbol.for(${JSON.stringify(targetSymbol)})]`;
const unknownName = /^ReferenceError: ([\p{ID_Start}$_][\p{ID_Continue}$]*) is not defined/u;

/** How an expression is evaluated. */
export interface EvaluateOptions {
  /** V8's name of the paused frame; without, among the cells' variables. */
  readonly callFrameId: string | undefined;
  /** The group with which the value is let go. */
  readonly group: string;
  /** Whether evaluation ends with an error where it would change anything. */
  readonly isPure?: boolean;
}

/** Evaluates JavaScript on the thread that runs cells. */
export class Evaluator {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * The value of an expression or of the last of some statements. In a frame, names that it lacks are those of the
   * cells run before, whose values are read: to assign to such a variable, step to a frame of its own cell.
   * @throws {DebugError} with the error's text if it fails
   */
  async evaluate(expression: string, options: EvaluateOptions): Promise<Runtime.RemoteObject> {
    const code = expression.trim().startsWith("{") ? `(${expression})` : expression;
    const names = new Set<string>();
    for (;;) {
      const { result, exceptionDetails } = await this.#run(withNames(code, names, options), options);
      if (exceptionDetails === undefined) return result;
      const text = exceptionDetails.exception?.description ?? exceptionDetails.text;
      const name = unknownName.exec(text)?.[1];
      const isMissing = options.callFrameId !== undefined && name !== undefined && !names.has(name);
      if (!isMissing || !(await this.#knows(name))) throw new DebugError(text.split("\n", 1)[0] ?? text);
      names.add(name);
    }
  }

  /** The cells' variables as an object of their own; undefined while there is no session. */
  async scope(group: string): Promise<Runtime.RemoteObject | undefined> {
    const expression = `(scope => scope && ({ __proto__: null, ...scope }))(${target}?.scope)`;
    const { result } = await this.#global(expression, group);
    return result.objectId === undefined ? undefined : result;
  }

  /** A value as a MIME bundle. */
  async render(value: Runtime.RemoteObject): Promise<Json> {
    const { result, exceptionDetails } = await this.#call("function (value) { return this.render(value) }", [
      toArgument(value),
    ]);
    if (exceptionDetails !== undefined)
      throw new DebugError(exceptionDetails.exception?.description ?? "failed");
    return isJson(result.value) ? result.value : {};
  }

  /** Makes a value a variable of the cells. */
  async assign(name: string, value: Runtime.RemoteObject): Promise<void> {
    const { exceptionDetails } = await this.#call("function (name, value) { this.assign(name, value) }", [
      { value: name },
      toArgument(value),
    ]);
    if (exceptionDetails !== undefined)
      throw new DebugError(exceptionDetails.exception?.description ?? "failed");
  }

  async #knows(name: string): Promise<boolean> {
    const { result } = await this.#global(`${JSON.stringify(name)} in (${target}?.scope ?? {})`, "names");
    return result.value === true;
  }

  async #run(
    expression: string,
    { callFrameId, group, isPure = false }: EvaluateOptions,
  ): Promise<Evaluated> {
    const params = {
      expression,
      objectGroup: group,
      silent: true,
      generatePreview: true,
      throwOnSideEffect: isPure,
    };
    if (callFrameId === undefined) return this.#session.post("Runtime.evaluate", { ...params });
    return this.#session.post("Debugger.evaluateOnCallFrame", { ...params, callFrameId });
  }

  #global(expression: string, objectGroup: string): Promise<Evaluated> {
    const params = { expression, objectGroup, silent: true, disableBreaks: true };
    return this.#session.post("Runtime.evaluate", { ...params });
  }

  async #call(functionDeclaration: string, args: Runtime.CallArgument[]): Promise<Evaluated> {
    const { result } = await this.#global(target, "target");
    if (result.objectId === undefined)
      throw new DebugError("Cannot reach the cells' variables: none has run yet");
    return this.#session.post("Runtime.callFunctionOn", {
      objectId: result.objectId,
      functionDeclaration,
      arguments: args,
      returnByValue: true,
      silent: true,
    });
  }
}

/** Code that sees the cells' variables: all of them outside of frames, the named ones in a frame. */
function withNames(code: string, names: ReadonlySet<string>, { callFrameId }: EvaluateOptions): string {
  if (callFrameId === undefined) return `with (${target}?.scope ?? {}) { ${code}\n}`;
  return names.size === 0 ? code : `{ let { ${[...names].join(", ")} } = ${target}.scope; ${code}\n}`;
}

function toArgument({ objectId, unserializableValue, ...rest }: Runtime.RemoteObject): Runtime.CallArgument {
  if (objectId !== undefined) return { objectId };
  const value: unknown = rest.value;
  return unserializableValue === undefined ? { value } : { unserializableValue };
}
