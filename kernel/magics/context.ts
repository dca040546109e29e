import { type Session } from "../session/api";
import { Captures, captureDeclarations } from "./capture";
import { Shell, shellDeclarations } from "./shell";

/** What magics work on. */
export interface MagicContext extends MagicOptions {
  readonly session: MagicSession;
  readonly captures: Captures;
}

/** The session that magics run cells in. */
export type MagicSession = Session & {
  /** Forgets local modules, so that the next import runs them anew. */
  readonly reload?: () => void;
};

/** Where what magics have to say goes. */
export interface MagicOptions {
  /** Takes text for the cell's standard output. */
  readonly write: (text: string) => void;
  /** Takes text for its standard error. */
  readonly writeError: (text: string) => void;
  /** Forgets the values and texts of cells, with the variables. @default there are none */
  readonly forget?: () => void;
  /** Shows a magic's value when more of the cell follows. @default it is not shown */
  readonly show?: (value: unknown) => void | Promise<void>;
}

/** Gives a session what its magics need. */
export function openMagics(session: MagicSession, options: MagicOptions): MagicContext {
  const captures = new Captures(session);
  session.define(new Shell(options).globals, shellDeclarations);
  session.define(captures.globals, captureDeclarations);
  return { ...options, session, captures };
}
