/** Files of records: each framed by its length and checksums, so that readers see what is cut off or damaged. */
import { open } from "node:fs/promises";
import { frameRecord } from "../tensorflow";

/** A record file being written. */
export interface RecordWriter {
  write(data: Uint8Array): Promise<void>;
  /** Ends the file; may be called again. */
  close(): Promise<void>;
}

/** Opens a TFRecord file for writing. The caller closes it. */
export async function createRecordWriter(path: string): Promise<RecordWriter> {
  const file = await open(path, "w");
  let isOpen = true;
  return {
    async write(data) {
      await file.appendFile(frameRecord(data));
    },
    async close() {
      if (!isOpen) return;
      isOpen = false;
      await file.close();
    },
  };
}
