/** Several threads that take pictures. */
import path from "node:path";
import { Worker } from "node:worker_threads";
import type { ShapeName } from "./shape";

/** What takePicture() needs. */
export interface PictureOrder {
  readonly shape: ShapeName;
  readonly size: number;
  readonly seed: number;
}

/** Takes pictures beside the main thread. */
export interface Studio {
  /** See takePicture(). */
  take(order: PictureOrder): Promise<Uint8Array>;
  /** Ends the threads. */
  close(): Promise<void>;
}

interface Customer {
  resolve(pixels: Uint8Array): void;
  reject(reason: unknown): void;
}

/** Starts threads that take pictures. The caller closes them. */
export function openStudio(threads: number): Studio {
  const photographers = Array.from({ length: threads }, hire);
  let turn = 0;
  return {
    take: (order) => {
      const photographer = photographers[turn++ % threads];
      if (photographer === undefined)
        throw new RangeError(`Cannot render: expected threads from 1, got ${threads}`);
      return photographer.take(order);
    },
    close: async () => {
      await Promise.all(photographers.map((photographer) => photographer.close()));
    },
  };
}

function hire(): Studio {
  const worker = new Worker(path.join(__dirname, "worker.js"));
  const queue: Customer[] = [];
  const fail = (reason: unknown): void => queue.splice(0).forEach((customer) => customer.reject(reason));
  worker.on("message", (pixels: Uint8Array) => queue.shift()?.resolve(pixels));
  worker.on("error", fail);
  worker.on("exit", () => fail(new Error("Cannot render: expected a picture, got the end of the thread")));
  return {
    take: (order) =>
      new Promise((resolve, reject) => {
        queue.push({ resolve, reject });
        worker.postMessage(order);
      }),
    close: async () => {
      await worker.terminate();
    },
  };
}
