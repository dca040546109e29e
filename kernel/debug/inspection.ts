import { type Session } from "node:inspector/promises";
import { type Json } from "../protocol";
import { DebugError, readNumber, readString, requireString } from "./dap";
import { type Evaluator } from "./evaluate";
import { pauseGroup, type Pauses } from "./pauses";
import { describeValue, typeOf } from "./values";
import { type Variables } from "./variables";

/** How many listings of the cells' variables can be opened: a client may still open one when it asks for the next. */
const listingsKept = 2;

/** Answers the requests that look at values. */
export class Inspection {
  readonly #session: Session;
  readonly #variables: Variables;
  readonly #evaluator: Evaluator;
  readonly #pauses: Pauses;
  #listings = 0;

  constructor(session: Session, variables: Variables, evaluator: Evaluator, pauses: Pauses) {
    this.#session = session;
    this.#variables = variables;
    this.#evaluator = evaluator;
    this.#pauses = pauses;
  }

  /** The cells' variables, whether or not one is paused. */
  async inspectVariables(): Promise<Json> {
    const oldest = this.#listings - listingsKept;
    const group = `listing ${++this.#listings}`;
    if (oldest >= 0) await this.#variables.release(`listing ${oldest + 1}`);
    const scope = await this.#evaluator.scope(group);
    if (scope?.objectId === undefined) return { variables: [] };
    return { variables: await this.#variables.expand(this.#variables.openScopes([scope.objectId], group)) };
  }

  /** What is inside a scope or a value. */
  async expand(args: Json): Promise<Json> {
    const reference = readNumber(args, "variablesReference") ?? 0;
    const [start, count] = [readNumber(args, "start"), readNumber(args, "count")];
    return { variables: await this.#variables.expand(reference, start, count) };
  }

  /** The value of JavaScript, in a frame or among the cells' variables. */
  async evaluate(args: Json): Promise<Json> {
    const expression = requireString(args, "expression");
    const callFrameId = this.#callFrame(args, "frameId");
    const group = callFrameId === undefined ? `listing ${this.#listings}` : pauseGroup;
    const isPure = readString(args, "context") === "hover";
    const value = await this.#evaluator.evaluate(expression, { callFrameId, group, isPure });
    const { variablesReference, indexedVariables } = this.#variables.show(expression, value, group);
    const shown = { result: describeValue(value), type: typeOf(value), variablesReference };
    return indexedVariables === undefined ? shown : { ...shown, indexedVariables };
  }

  /** A variable as a MIME bundle. */
  async richInspect(args: Json): Promise<Json> {
    const name = requireString(args, "variableName");
    const callFrameId = this.#callFrame(args, "frameId");
    if (!isIdentifier(name)) return { data: {}, metadata: {} };
    const value = await this.#evaluator.evaluate(name, { callFrameId, group: "rich" });
    const data = await this.#evaluator.render(value);
    await this.#session.post("Runtime.releaseObjectGroup", { objectGroup: "rich" });
    return { data, metadata: {} };
  }

  /** Makes a frame's variable one of the cells'. */
  async copyToGlobals(args: Json): Promise<Json> {
    const [from, to] = [requireString(args, "srcVariableName"), requireString(args, "dstVariableName")];
    if (!isIdentifier(from) || !isIdentifier(to))
      throw new DebugError("Cannot copy: expected two variables' names");
    const callFrameId = this.#callFrame(args, "srcFrameId");
    const value = await this.#evaluator.evaluate(from, { callFrameId, group: pauseGroup });
    await this.#evaluator.assign(to, value);
    return { ...this.#variables.show(to, value, pauseGroup) };
  }

  /** V8's name of the frame that a request means; undefined if it means none, or one that has gone on. */
  #callFrame(args: Json, name: string): string | undefined {
    return this.#pauses.frame(readNumber(args, name))?.inner.callFrameId;
  }
}

function isIdentifier(name: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name);
}
