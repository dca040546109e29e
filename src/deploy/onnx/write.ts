/** A file of a model: written whole or not at all. */
import { writeFile } from "node:fs/promises";
import { writeBeside } from "../../input/beside";
import { shielded } from "../../interrupt";
import { encodeModel, type ModelProto } from "./messages";

/** As many bytes as a message may have: what readers of protobuf count with. */
const MOST_BYTES = 2 ** 31 - 1;

/** How much of it is kept for all but weights. */
const REST_BYTES = 2 ** 24;

/**
 * Writes a model; one that was there is replaced.
 * @throws {RangeError} if its weights are more than a file may have, 2 GiB
 * @throws {Error} if the disk refuses
 */
export async function writeModel(file: string, model: ModelProto, signal?: AbortSignal): Promise<void> {
  const bytes = model.graph.initializer.reduce((sum, { raw_data }) => sum + raw_data.length, 0);
  if (bytes > MOST_BYTES - REST_BYTES)
    throw new RangeError(
      `Cannot export to "${file}": expected weights of less than 2 GiB, as a file of ONNX's has at most, got ${bytes} bytes`,
    );
  await writeBeside(file, {
    write: (part) =>
      writeFile(
        part,
        shielded(() => encodeModel(model)),
        signal && { signal },
      ),
    refused: `Cannot export to "${file}": expected a file with room to write to`,
    signal,
  });
}
