/** What a file is that is not what it should be, for errors. */
import { closeSync, openSync, readSync, statSync } from "node:fs";

/** How files of other kinds begin: at which byte, with what, and what they are. */
const BEGINNINGS: readonly (readonly [offset: number, start: RegExp, kind: string])[] = [
  [
    0,
    /^version https:\/\/git-lfs/,
    "a Git LFS pointer, not the file it stands for; git lfs pull fetches that",
  ],
  [0, /^\s*(<!--[^]*?-->\s*)*<(!doctype\s+html|html|head|body)\b/i, "an HTML page, as of a failed download"],
  [0, /^\s*<(\?xml|[a-z]+[\s>])/i, "an XML document, as of a failed download"],
  [0, /^\x89HDF\r\n\x1a\n/, "an HDF5 file, as Keras' .h5"],
  [0, /^PK\x03\x04/, "a ZIP archive, as PyTorch's .pth, NumPy's .npz and Keras' .keras are"],
  [4, /^\0{4}\s*\{/, "a safetensors file"],
  [0, /^\x80[\x02-\x05]/, "a pickle of Python, as older .pth and .pkl files are"],
  [0, /^\x93NUMPY/, "a NumPy array"],
  [4, /^TFL3/, "a TensorFlow Lite model"],
  [0, /^\x1f\x8b/, "a gzip archive; unpack it"],
  [0, /^(BZh|\xfd7zXZ\0|\x28\xb5\x2f\xfd)/, "a compressed archive; unpack it"],
  [257, /^ustar/, "a tar archive; unpack it"],
  [0, /^\s*[{[]\s*["{[\]}]/, "a JSON file"],
  [0, /^\x08\x01\x12[^]{2,4}\n/, "the graph of a SavedModel, whose variables stand in its folder"],
  [
    0,
    /^\n[^]{1,2}\n[\x01-\x7f][\w./-]+\x12[\x01-\x20][A-Z]/,
    "a graph of TensorFlow, which has no variables",
  ], // a node's name, then its operation
  [0, /^\x08[\x03-\x0f]\x12[\x01-\x20][ -~]/, "an ONNX model"], // its version, then its producer's name
];

const BYTES = 512;

/** What stands at a path in words, e.g. "an HTML page", if that can be told; undefined if not. */
export function kindOfFile(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (found.isDirectory()) return "a folder";
  if (!found.isFile()) return undefined;
  const start = startOf(path);
  return BEGINNINGS.find(([offset, beginning]) => beginning.test(start.slice(offset)))?.[2];
}

/** A file's first 512 bytes as Latin-1. */
export function startOf(path: string): string {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(BYTES);
    return bytes.subarray(0, readSync(file, bytes, 0, BYTES, 0)).toString("latin1");
  } finally {
    closeSync(file);
  }
}
