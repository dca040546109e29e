/** Files of weights: tensors by name, each read when it is asked for. */

/** The kinds of files that weights come in. */
export type WeightsFormat = "safetensors" | "torch" | "keras" | "checkpoint" | "savedModel";

/** One tensor of a file of weights. */
export interface WeightsEntry {
  /** As the file has it, e.g. "layer1.0.conv1.weight". */
  readonly name: string;
  readonly shape: readonly number[];
  /** As TensorFlow names it: "float32", "float16", "bfloat16", "float64", "int64", … */
  readonly dtype: string;
}

/** An open file of weights. */
export interface WeightsFile {
  readonly format: WeightsFormat;
  /** The file, or the first of several. */
  readonly path: string;
  /** In the file's order. */
  readonly entries: readonly WeightsEntry[];
  /** Texts that the file has beside its tensors, e.g. a description of its architecture. */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * The values of one entry, row by row (the last dimension the fastest), rounded to float32. Nothing else of the file stays in memory.
   * @throws {RangeError} if there is none of that name, naming the nearest
   * @throws {TypeError} if its values are no floating-point numbers
   * @throws {Error} that names the file, the entry and the offset, if its bytes are not there
   */
  read(name: string): Float32Array;
  /**
   * The same values in parts, one after the other, of which each is held until the next is asked for: some MB each where the format
   * lets them be read so.
   * @throws as read()
   */
  parts(name: string): Iterable<Float32Array>;
  /** Frees what is open. */
  close(): void;
}
