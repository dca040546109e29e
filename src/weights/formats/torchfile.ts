/** Weights in files of torch.save(), .pth and .pt. */
import { openBytes } from "./bytefile";
import { weightsFileOf } from "./file";
import { findStateDict } from "./statedict";
import { readLegacy } from "./torchlegacy";
import { readTensor, readTensorParts } from "./torchtensor";
import { readArchive } from "./torchzip";
import { readZip } from "./zip";
import { startOf } from "../../tensorflow";
import type { WeightsFile } from "./weightsfile";

/** How a ZIP archive begins. */
export const ZIP_START = "PK\x03\x04";

/**
 * Opens a file of torch.save(), of now or of before torch 1.6. Its pickle builds tensors, numbers, texts and containers of them;
 * no code that it names is run. Entries are those of a dict of tensors: of that which was saved, or of that under its "state_dict",
 * "model" or "model_state_dict", or else "state_dict_ema" or "model_ema". "module.", "_orig_mod." and "model." before all names are
 * taken off. `metadata` has the texts and numbers beside them, and what was chosen: see StateDict.
 * @param stateDict  the key under which the tensors are to be. @default as said
 * @throws {Error} that names the file, the offset, and the instruction or the name, if the pickle holds anything else
 * @throws {Error} that names the file and the offset, if the file is damaged, or a tensor lies beyond its storage
 */
export async function openTorchFile(path: string, stateDict?: string): Promise<WeightsFile> {
  const entries = startOf(path).startsWith(ZIP_START) ? await readZip(path) : undefined;
  const file = openBytes(path);
  try {
    const { saved, starts } = entries === undefined ? readLegacy(file) : readArchive(file, entries);
    const found = findStateDict(saved, stateDict);
    if (typeof found === "string") throw new Error(`Cannot read "${path}": ${found}`);
    return weightsFileOf({
      format: "torch",
      path,
      metadata: found.metadata,
      entries: [...found.tensors].map(([name, tensor]) => ({
        name,
        shape: tensor.shape,
        dtype: tensor.dtype,
        values: (type) => readTensor(file, name, starts.get(tensor.storage.key) ?? 0, tensor, type),
        parts: (type) => readTensorParts(file, name, starts.get(tensor.storage.key) ?? 0, tensor, type),
      })),
      close: file.close,
    });
  } catch (error) {
    file.close();
    throw error;
  }
}
