/** Features in a folder: one file of rows, and `features.json`, which says what they are and how far they are. */
import { readFileSync, statSync } from "node:fs";
import { open, readdir, rm, type FileHandle } from "node:fs/promises";
import { join, resolve } from "node:path";
import { codeOf } from "../../input/errorcode";
import { reasonOf } from "../../tensorflow";
import { replaceText } from "../saver/disk";
import { isSameKey, type FeatureKey } from "./key";
import { rowBytes, rowsOf, type RowForm } from "./rows";

/** How far the features of a key are. */
export interface FeatureState {
  readonly key: FeatureKey;
  /** One computation's name, and its file's. */
  readonly name: string;
  readonly isComplete: boolean;
  /** Rows in the file that count. */
  readonly rows: number;
  /** Batches of the input that they are of. */
  readonly batches: number;
  readonly shape: readonly [number, number, number];
  /** How many classes labels have a number for; absent: they are classes. */
  readonly classes?: number | undefined;
  /** Rows of the first batch. */
  readonly batchSize: number;
  /** Where the input is, as base64; undefined if its order can't be repeated. */
  readonly position?: string | undefined;
}

const STATE_FILE = "features.json";

/** The file of rows of a computation. */
export function rowsFile(folder: string, { name }: Pick<FeatureState, "name">): string {
  return join(resolve(folder), `features-${name}.rows`);
}

/** What a row of features holds. */
export function formOf({ key, shape, classes }: FeatureState): RowForm {
  return { shape, storage: key.storage, classes };
}

/** What a folder holds of a key: whole features, or a part of which it can be gone on with; undefined for none. */
export function readState(folder: string, key: FeatureKey): FeatureState | undefined {
  const state = parse(folder);
  if (state === undefined || !isSameKey(state.key, key)) return undefined;
  const size = statSync(rowsFile(folder, state), { throwIfNoEntry: false })?.size ?? 0;
  const expected = state.rows * rowBytes(formOf(state));
  if (state.isComplete) return size === expected ? state : undefined;
  return size >= expected && state.position !== undefined ? state : undefined;
}

function parse(folder: string): FeatureState | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, STATE_FILE), "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
  const state = parsed(text);
  if (isState(state)) return state;
  throw new Error(`Cannot read "${join(folder, STATE_FILE)}": expected what features() writes, got something else; remove it, or give another folder`); // prettier-ignore
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // said by who parses
  }
}

function isState(state: unknown): state is FeatureState {
  return typeof state === "object" && state !== null && "key" in state && "name" in state && "rows" in state;
}

/** Features that are being written. */
export class FeatureWriter {
  private constructor(
    private readonly folder: string,
    private readonly file: FileHandle,
    private state: FeatureState,
  ) {}

  /**
   * Begins to write features, or goes on; what a folder holds of other ones is removed. The caller has locked the folder, and
   * closes the writer.
   * @param state  what readState() gave, or the beginning of another
   */
  static async open(folder: string, state: FeatureState): Promise<FeatureWriter> {
    const path = rowsFile(folder, state);
    if (state.rows === 0) await rm(path, { force: true }); // others may have it mapped
    for (const file of await readdir(folder))
      if (/^features-\w+\.rows$/.test(file) && join(resolve(folder), file) !== path)
        await rm(join(folder, file), { force: true });
    const file = await open(path, state.rows === 0 ? "w" : "r+");
    await file.truncate(state.rows * rowBytes(formOf(state)));
    return new FeatureWriter(folder, file, state);
  }

  /** Adds rows behind those that there are. */
  async append(form: RowForm, activations: Float32Array, labels: Int32Array | Float32Array): Promise<void> {
    const count = labels.length / (form.classes ?? 1);
    const bytes = rowsOf(form, activations, labels);
    const position = this.state.rows * rowBytes(form);
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.writing(this.file.write(bytes, done, undefined, position + done));
      done += bytesWritten;
    }
    const { rows, batches } = this.state;
    const first = batches === 0 ? { batchSize: count, classes: form.classes } : {};
    this.state = { ...this.state, ...first, rows: rows + count, batches: batches + 1 };
  }

  /** Rows and batches so far. */
  get progress(): Pick<FeatureState, "rows" | "batches"> {
    return this.state;
  }

  /** Has the disk keep what is written. @param position  where the input is */
  async save(position: Uint8Array | undefined): Promise<void> {
    await this.write({ position: position && Buffer.from(position).toString("base64") });
  }

  /** As save(), when all is written. */
  async complete(): Promise<FeatureState> {
    await this.write({ isComplete: true, position: undefined });
    return this.state;
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private async write(change: Partial<FeatureState>): Promise<void> {
    this.state = { ...this.state, ...change };
    await this.writing(this.file.sync());
    await this.writing(replaceText(this.folder, STATE_FILE, `${JSON.stringify(this.state, undefined, 2)}\n`));
  }

  private async writing<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (cause) {
      const what = `Cannot write features to "${this.folder}": expected room on the disk`;
      throw new Error(`${what}, got ${reasonOf(cause)}; another folder, or storage: "bfloat16", may help`, {
        cause,
      });
    }
  }
}
