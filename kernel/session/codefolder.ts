import { join } from "node:path";

/**
 * Where the project keeps what V8 has compiled: beside what it was compiled from, since whoever can write there can have
 * any code run. It may be deleted at any time.
 */
export const codeFolder = join(__dirname, "../../..", ".cache", "code");
