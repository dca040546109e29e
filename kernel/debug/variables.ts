import { type Runtime, type Session } from "node:inspector/promises";
import { DebugError, type Variable } from "./dap";
import { describeValue, lengthOf, typeForJupyterLab, typeOf } from "./values";

/** What a number that clients expand stands for. */
type Expandable =
  /** The variables of scopes, inner ones first, which hide those of outer ones. */
  | { readonly kind: "scopes"; readonly objectIds: readonly string[]; readonly extra: readonly Named[] }
  | { readonly kind: "object"; readonly value: Runtime.RemoteObject; readonly path: string | undefined }
  /** A stretch of a long list. */
  | {
      readonly kind: "range";
      readonly objectId: string;
      readonly start: number;
      readonly end: number;
      readonly path: string | undefined;
    }
  /** A getter, run when it is asked for. */
  | { readonly kind: "getter"; readonly objectId: string; readonly name: string };

/** A value with its name. */
export interface Named {
  readonly name: string;
  readonly value: Runtime.RemoteObject;
}

/** How many elements of a list are shown at once; longer lists show stretches of it. */
const pageSize = 100;
/** How many properties of an object are shown. */
const mostProperties = 1000;

/** What the code around cells is made of, rather than the cells themselves. */
const machinery = /^(exports|require|module|arguments|__\w+__|__filename|__dirname|tsLastExpr\w*)$/;
/** Internals that tell something: what a map holds, what a promise is at. */
const telling =
  /^\[\[(Entries|PromiseState|PromiseResult|PrimitiveValue|Target|Handler|BoundThis|TargetFunction)\]\]$/;

/** Copies a stretch of a list with its getters as they are, so that none is run by looking. */
const sliceOf = `function (start, end) {
  const slice = { __proto__: null };
  for (let at = start; at < end; at++) {
    const property = Object.getOwnPropertyDescriptor(this, at);
    if (property !== undefined) Object.defineProperty(slice, at, { ...property, configurable: true });
  }
  return slice;
}`;

/** The values that a client can expand, for as long as a cell is paused or until its variables are listed anew. */
export class Variables {
  /** Whether the client is JupyterLab's panel, which shows values of only some types. */
  isJupyterLab = true;
  readonly #session: Session;
  readonly #known = new Map<number, Expandable & { readonly group: string }>();
  #references = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** A number by which a client asks for the variables of scopes. */
  openScopes(objectIds: readonly string[], group: string, extra: readonly Named[] = []): number {
    return this.#keep({ kind: "scopes", objectIds, extra }, group);
  }

  /** A value as a client is told of it. */
  show(name: string, value: Runtime.RemoteObject, group: string, path?: string): Variable {
    const type = this.isJupyterLab ? typeForJupyterLab(value) : typeOf(value);
    const length = lengthOf(value);
    const isOpen = value.objectId !== undefined && value.type !== "symbol";
    return {
      name,
      value: describeValue(value),
      ...(type === undefined ? {} : { type }),
      variablesReference: isOpen ? this.#keep({ kind: "object", value, path }, group) : 0,
      ...(path === undefined ? {} : { evaluateName: path }),
      ...(length === 0 ? {} : { indexedVariables: length }),
    };
  }

  /**
   * What is inside.
   * @param start  of a list, with `count`: which elements; without, long lists show stretches
   * @throws {DebugError} if the number has lost its meaning, as it does when a cell runs on
   */
  async expand(reference: number, start?: number, count?: number): Promise<readonly Variable[]> {
    const opened = this.#known.get(reference);
    if (opened === undefined) throw new DebugError("Cannot show variables: the cell has run on since");
    const { group } = opened;
    switch (opened.kind) {
      case "scopes":
        return this.#scopes(opened.objectIds, opened.extra, group);
      case "range":
        return this.#range(opened.objectId, opened.start, opened.end, opened.path, group);
      case "getter":
        return [await this.#get(opened.objectId, opened.name, group)];
      case "object":
        return this.#object(opened.value, opened.path, group, start, count);
    }
  }

  /** Lets the values of a group go. */
  async release(group: string): Promise<void> {
    for (const [reference, opened] of this.#known) if (opened.group === group) this.#known.delete(reference);
    await this.#session.post("Runtime.releaseObjectGroup", { objectGroup: group });
  }

  #keep(opened: Expandable, group: string): number {
    this.#known.set(++this.#references, { ...opened, group });
    return this.#references;
  }

  async #scopes(objectIds: readonly string[], extra: readonly Named[], group: string) {
    const found = new Map<string, Variable>();
    for (const { name, value } of extra) found.set(name, this.show(name, value, group, name));
    for (const objectId of objectIds) {
      const { result } = await this.#properties(objectId);
      for (const property of result) {
        if (found.has(property.name) || machinery.test(property.name)) continue;
        const variable = this.#property(property, objectId, undefined, group);
        if (variable !== undefined) found.set(property.name, variable);
      }
    }
    return [...found.values()];
  }

  async #object(
    value: Runtime.RemoteObject,
    path: string | undefined,
    group: string,
    start?: number,
    count?: number,
  ) {
    const { objectId = "" } = value;
    const length = lengthOf(value);
    if (length > 0 && count !== undefined && count > 0) {
      const from = Math.min(start ?? 0, length);
      return this.#range(objectId, from, Math.min(from + count, length), path, group);
    }
    if (length > pageSize) return this.#range(objectId, 0, length, path, group);
    const [properties, inherited] = await Promise.all([
      this.#properties(objectId),
      isInstance(value) ? this.#accessors(objectId) : [],
    ]);
    const { result, internalProperties = [] } = properties;
    const shown = [...result, ...privateOf(properties), ...inherited]
      .slice(0, mostProperties)
      .flatMap((property) => this.#property(property, objectId, path, group) ?? []);
    const internals = internalProperties.flatMap(({ name, value: inner }) =>
      inner !== undefined && telling.test(name) ? [this.show(name, inner, group)] : [],
    );
    return [...shown, ...internals];
  }

  async #range(objectId: string, start: number, end: number, path: string | undefined, group: string) {
    let size = pageSize;
    while ((end - start) / size > pageSize) size *= pageSize;
    if (end - start > pageSize) {
      const pages: Variable[] = [];
      for (let at = start; at < end; at += size) {
        const stop = Math.min(at + size, end);
        const variablesReference = this.#keep({ kind: "range", objectId, start: at, end: stop, path }, group);
        pages.push({ name: `[${at} … ${stop - 1}]`, value: `${stop - at} elements`, variablesReference });
      }
      return pages;
    }
    const { result: slice } = await this.#session.post("Runtime.callFunctionOn", {
      objectId,
      functionDeclaration: sliceOf,
      arguments: [{ value: start }, { value: end }],
      objectGroup: group,
      silent: true,
    });
    const { result } = await this.#properties(slice.objectId ?? "");
    return result.flatMap((property) => this.#property(property, objectId, path, group) ?? []);
  }

  async #get(objectId: string, name: string, group: string): Promise<Variable> {
    const { result, exceptionDetails } = await this.#session.post("Runtime.callFunctionOn", {
      objectId,
      functionDeclaration: "function (name) { return this[name] }",
      arguments: [{ value: name }],
      objectGroup: group,
      generatePreview: true,
      silent: true,
    });
    return this.show(exceptionDetails === undefined ? name : "(failed)", result, group);
  }

  #property(
    property: Runtime.PropertyDescriptor,
    owner: string,
    path: string | undefined,
    group: string,
  ): Variable | undefined {
    const { name, value, get } = property;
    if (property.symbol !== undefined) return undefined;
    if (value !== undefined) return this.show(name, value, group, pathTo(path, name));
    if (get?.objectId === undefined) return undefined; // not yet initialised, or a setter alone
    const variablesReference = this.#keep({ kind: "getter", objectId: owner, name }, group);
    return { name, value: "(getter)", variablesReference, presentationHint: { lazy: true } };
  }

  #properties(objectId: string) {
    return this.#session.post("Runtime.getProperties", {
      objectId,
      ownProperties: true,
      generatePreview: true,
    });
  }

  /** The getters that an object has from its classes. */
  async #accessors(objectId: string): Promise<readonly Runtime.PropertyDescriptor[]> {
    const { result } = await this.#session.post("Runtime.getProperties", { objectId, ownProperties: false });
    return result.filter(
      ({ name, isOwn, get }) => get !== undefined && isOwn !== true && name !== "__proto__",
    );
  }
}

/** The `#private` fields, which V8 gives and Node's types leave out. */
function privateOf(properties: object): readonly Runtime.PropertyDescriptor[] {
  return "privateProperties" in properties && isDescriptors(properties.privateProperties)
    ? properties.privateProperties
    : [];
}

function isDescriptors(value: unknown): value is readonly Runtime.PropertyDescriptor[] {
  return Array.isArray(value);
}

/** Whether a value is of a class of the user's or a library's, rather than of the language. */
function isInstance({ type, subtype, className }: Runtime.RemoteObject): boolean {
  return type === "object" && subtype === undefined && className !== "Object";
}

function pathTo(owner: string | undefined, name: string): string | undefined {
  const isName = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name);
  if (owner === undefined) return isName ? name : undefined;
  if (name.startsWith("#")) return `${owner}.${name}`;
  if (isName) return `${owner}.${name}`;
  return /^\d+$/.test(name) ? `${owner}[${name}]` : `${owner}[${JSON.stringify(name)}]`;
}
