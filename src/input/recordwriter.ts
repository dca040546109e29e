/** Files of records: each framed by its length and checksums, so that readers see what is cut off or damaged. */
import { open, rename, rm } from "node:fs/promises";
import { frameRecord } from "../tensorflow";

/** A record file being written, under another name until it is whole. */
export interface RecordWriter {
  write(data: Uint8Array): Promise<void>;
  /** Ends the file; nobody sees it yet. */
  close(): Promise<void>;
  /** Gives the closed file its name. */
  publish(): Promise<void>;
  /** Takes back what was written and not published; may be called at any time. */
  discard(): Promise<void>;
}

/** Opens a TFRecord file for writing. The caller publishes or discards it. */
export async function createRecordWriter(path: string): Promise<RecordWriter> {
  const unfinished = `${path}.${process.pid}.part`;
  const file = await open(unfinished, "w");
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await file.close();
  };
  return {
    close,
    async write(data) {
      await file.appendFile(frameRecord(data));
    },
    async publish() {
      await close();
      await rename(unfinished, path);
    },
    async discard() {
      await close();
      await rm(unfinished, { force: true });
    },
  };
}
