/** A thread that takes pictures, one after the other, in the order in which they are asked for. */
import { parentPort } from "node:worker_threads";
import { takePicture } from "./picture";
import type { PictureOrder } from "./studio";

parentPort?.on("message", ({ shape, size, seed }: PictureOrder) => {
  parentPort?.postMessage(takePicture(shape, size, seed));
});
