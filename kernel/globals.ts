import { currentCell } from "./cell";
import type { CommApi } from "./comm";
import { display, type DisplayOptions, type Screen } from "./output/display";

/** What every cell sees without importing it. */
export interface Globals {
  readonly display: (value: unknown, options?: DisplayOptions) => Promise<void>;
  readonly clearOutput: (options?: { readonly wait?: boolean }) => void;
  readonly input: (...args: readonly (string | { readonly password?: boolean })[]) => Promise<string>;
  readonly comm: CommApi;
}

/** The TypeScript declarations of Globals, as completion and inspection show them. */
export const declarations = `
/**
 * Shows a value: as what its method at Symbol.for("Jupyter.display") gives, else drawn as what it is, and as text.
 * @param options  displayId: by which a later display(…, { displayId, update: true }) replaces the output; raw: the value is itself a MIME bundle
 */
declare function display(value: unknown, options?: {
  readonly displayId?: string;
  readonly update?: boolean;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly raw?: boolean;
}): Promise<void>;
/** Removes the cell's outputs; with wait only when the next one comes, so that nothing flickers. */
declare function clearOutput(options?: { readonly wait?: boolean }): void;
/** Asks the user for a line of text. With { password: true } it is not shown. */
declare function input(prompt?: string, options?: { readonly password?: boolean }): Promise<string>;
declare function input(options: { readonly password?: boolean }): Promise<string>;
/** One end of a channel to the front end. */
interface Comm {
  readonly id: string;
  readonly target: string;
  /** Binary buffers go beside the JSON. */
  send(data: Readonly<Record<string, unknown>>, buffers?: readonly Uint8Array[], metadata?: Readonly<Record<string, unknown>>): void;
  close(data?: Readonly<Record<string, unknown>>): void;
  onMessage(handler: (data: Readonly<Record<string, unknown>>, buffers: readonly Uint8Array[]) => unknown): void;
  onClose(handler: (data: Readonly<Record<string, unknown>>) => unknown): void;
}
/** Channels to the front end, as widgets use them. */
declare const comm: {
  open(target: string, data?: Readonly<Record<string, unknown>>, buffers?: readonly Uint8Array[], metadata?: Readonly<Record<string, unknown>>): Comm;
  register(target: string, handler: (comm: Comm, data: Readonly<Record<string, unknown>>, buffers: readonly Uint8Array[]) => unknown): void;
};
`;

/**
 * The cells' globals over a screen.
 * @param keep  is given what a display is waited for: the cell ends after it, and fails if it does
 */
export function createGlobals(screen: Screen, comm: CommApi, keep: (work: Promise<void>) => void): Globals {
  return {
    display: (value, options) => {
      const done = display(value, screen, options) ?? Promise.resolve();
      keep(done);
      return done;
    },
    clearOutput: ({ wait = false } = {}) => currentCell()?.publish("clear_output", { wait }),
    input: async (...args) => {
      const prompt = args.find((arg) => typeof arg === "string") ?? "";
      const { password = false } = args.find((arg) => typeof arg === "object") ?? {};
      const ask = currentCell()?.ask;
      if (ask === undefined)
        throw new Error("Cannot read input: expected a front end that can ask for it, got one that can't");
      return ask(prompt, password);
    },
    comm: { open: comm.open.bind(comm), register: comm.register.bind(comm) },
  };
}
