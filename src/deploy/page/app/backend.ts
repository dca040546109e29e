/** What computes: the graphics card where there is a real one, or the processor. */
import { loadScript, loadTensorFlow } from "./tensorflow.js";

export type Backend = "webgpu" | "webgl" | "wasm";

/** What computes, and what was tried before. */
export interface Started {
  readonly backend: Backend;
  /** Why others did not start. */
  readonly notes: readonly string[];
}

export const LABELS: Readonly<Record<Backend, string>> = {
  webgpu: "WebGPU",
  webgl: "WebGL",
  wasm: "WebAssembly",
};

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render/i;

const scriptOf = (backend: Backend): string => `tf-backend-${backend}.min.js`;

/**
 * Loads TensorFlow.js and starts the backend that is asked for, or the first that the machine has hardware for.
 * @throws {RangeError} if there is no such backend
 * @throws {Error} if it does not start, or a file is missing
 */
export async function startBackend(asked: string | null): Promise<Started> {
  const wanted = asked === null ? undefined : expectBackend(asked);
  const first = wanted === undefined ? bestBackend() : Promise.resolve(wanted);
  await loadTensorFlow(first.then(scriptOf));
  const notes: string[] = [];
  const chosen = await first;
  const order: readonly Backend[] = wanted || chosen === "wasm" ? [chosen] : [chosen, "wasm"];
  for (const backend of order) {
    if (backend !== chosen) await loadWasm();
    const reason = await start(backend, wanted !== undefined);
    if (reason === undefined) return { backend, notes };
    notes.push(`${LABELS[backend]} did not start: ${reason}`);
  }
  throw new Error(`Cannot start the network: expected a backend that starts, got: ${notes.join("; ")}`);
}

function expectBackend(asked: string): Backend {
  if (asked === "webgpu" || asked === "webgl" || asked === "wasm") return asked;
  throw new RangeError(`Cannot start the network: expected ?backend=webgpu, webgl or wasm, got "${asked}"`);
}

async function loadWasm(): Promise<void> {
  await loadScript(scriptOf("wasm"));
  globalThis.tf.wasm?.setWasmPaths(new URL("../tfjs/", import.meta.url).href);
}

/** Why it does not start, if it doesn't. */
async function start(backend: Backend, isAsked: boolean): Promise<string | undefined> {
  try {
    if (!(await tf.setBackend(backend))) return "this browser does not have it";
    await tf.ready();
    const isHalf = backend === "webgl" && !tf.env().getBool("WEBGL_RENDER_FLOAT32_ENABLED");
    if (isHalf && !isAsked) return "it computes in 16 bits here";
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function bestBackend(): Promise<Backend> {
  if (await hasGpu()) return "webgpu";
  return hasWebgl() ? "webgl" : "wasm";
}

interface Adapter {
  readonly isFallbackAdapter?: boolean;
  readonly info?: {
    readonly isFallbackAdapter?: boolean;
    readonly vendor?: string;
    readonly architecture?: string;
    readonly description?: string;
  };
}

interface WithGpu {
  readonly gpu?: { requestAdapter(options: object): Promise<Adapter | null> };
}

async function hasGpu(): Promise<boolean> {
  const { gpu }: WithGpu = navigator;
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  if (!adapter) return false;
  const { info, isFallbackAdapter = info?.isFallbackAdapter ?? false } = adapter;
  const name = [info?.vendor, info?.architecture, info?.description].join(" ");
  return !isFallbackAdapter && !SOFTWARE.test(name);
}

function hasWebgl(): boolean {
  const context = document.createElement("canvas").getContext("webgl2");
  if (context === null) return false;
  const told = context.getExtension("WEBGL_debug_renderer_info");
  const renderer: unknown = context.getParameter(told?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER);
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return !SOFTWARE.test(String(renderer));
}
