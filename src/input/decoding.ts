/** What decoders are asked for while a function is recorded: by this a record is tried alone, if one fails. */

/** Decodes one record, at once; the caller disposes. @throws {RecordError} if it can't be decoded */
export type Decoding = (record: Uint8Array) => { dispose(): void }[];

let noted: Decoding[] | undefined;

/** Notes a decoding, if somebody wants to know. */
export function noteDecoding(decoding: Decoding): void {
  noted?.push(decoding);
}

/** Whether a dataset's function is recorded, of whose operations those that nothing comes of are never run. */
export function isForDataset(): boolean {
  return noted !== undefined;
}

/** The decodings of the last run of `work`, put into `decodings`. */
export function notingDecodings<R>(decodings: Decoding[], work: () => R): R {
  const outer = noted;
  noted = decodings;
  decodings.length = 0;
  try {
    return work();
  } finally {
    noted = outer;
  }
}
