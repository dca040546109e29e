/**
 * How widgets reach the front end: a kernel puts its own functions under Symbol.for("Jupyter.frontend"). Where there is none,
 * e.g. in a script, widgets keep their state, tell their observers, and show text.
 */
const frontEndSymbol = Symbol.for("Jupyter.frontend");

/** A JSON object as it comes from the front end. */
export type WireObject = Readonly<Record<string, unknown>>;

/** The kernel's end of a channel to the front end. */
export interface Comm {
  readonly id: string;
  send(data: WireObject, buffers?: readonly Uint8Array[]): void;
  close(): void;
  onMessage(handler: (data: WireObject, buffers: readonly Uint8Array[]) => unknown): void;
  onClose(handler: () => unknown): void;
}

/** An error as notebooks show it. */
export interface ErrorText {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

/** What a kernel offers to libraries. */
export interface FrontEnd {
  /** Opens a comm to a target that the front end knows. */
  open(target: string, data: WireObject, buffers: readonly Uint8Array[], metadata: WireObject): Comm;
  /** Takes the comms that the front end opens to a target. */
  register(target: string, handler: (comm: Comm) => unknown): void;
  /** Keeps an object as long as the running cell's output stands: until the cell is run again. */
  keep(value: object): void;
  /** Runs work; what it prints and shows goes to `take`, and where that gives false to the cell. */
  capture<T>(work: () => T, take: (type: string, content: WireObject) => boolean): T;
  /** Shows a value as an output. */
  display(value: unknown): Promise<void>;
  /** An error with its cell and line. */
  describe(thrown: unknown): ErrorText;
}

/** What the kernel offers; undefined outside of notebooks. */
export function frontEnd(): FrontEnd | undefined {
  const found: unknown = Reflect.get(globalThis, frontEndSymbol);
  return isFrontEnd(found) ? found : undefined;
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is WireObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFrontEnd(value: unknown): value is FrontEnd {
  const names = ["open", "register", "keep", "capture", "display", "describe"];
  return isObject(value) && names.every((name) => typeof value[name] === "function");
}
