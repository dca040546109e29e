/** What the page takes of TensorFlow.js, whose scripts make the global `tf`. */

export interface Tensor {
  readonly shape: readonly number[];
  data(): Promise<Float32Array | Int32Array>;
  dispose(): void;
}

export interface GraphModel {
  execute(inputs: Readonly<Record<string, Tensor>>, outputs: readonly string[]): Tensor[];
}

/** What a model is loaded from. */
export interface Artifacts {
  readonly modelTopology: unknown;
  readonly weightSpecs: readonly unknown[];
  readonly weightData: ArrayBuffer;
}

interface TensorFlow {
  tensor(values: Float32Array | Int32Array, shape: readonly number[], dtype: string): Tensor;
  loadGraphModel(handler: { load(): Promise<Artifacts> }): Promise<GraphModel>;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  env(): { getBool(flag: string): boolean; getAsync(flag: string): Promise<boolean> };
  readonly wasm?: { setWasmPaths(folder: string): void };
}

declare global {
  var tf: TensorFlow;
}

const FOLDER = new URL("../tfjs/", import.meta.url).href;

/** Loads the parts that every backend needs; called once. */
export async function loadTensorFlow(backendScript: Promise<string>): Promise<void> {
  const common = ["tf-core.min.js", "tf-converter.min.js"].map(loadScript);
  await Promise.all([...common, backendScript.then(loadScript)]);
  globalThis.tf.wasm?.setWasmPaths(FOLDER);
}

/** Scripts run in the order in which they are asked for. @throws {Error} if it can't be had */
export function loadScript(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.async = false;
    script.src = `${FOLDER}${name}`;
    script.onload = () => resolve();
    script.onerror = () =>
      reject(new Error(`Cannot load tfjs/${name}: expected the file beside this page, got none`));
    document.head.append(script);
  });
}
