import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isJson, type Json } from "../protocol";
import { typescriptOf } from "../session/typescript";
import { protocolVersion } from "./message";

/** The content of kernel_info_reply. */
export function kernelInfo(): Json {
  const version = versionIn(join(__dirname, "..", "..", "..", "package.json"));
  const { version: typescript } = typescriptOf(process.cwd());
  return {
    status: "ok",
    protocol_version: protocolVersion,
    implementation: "slimlab",
    implementation_version: version,
    language_info: {
      name: "typescript",
      version: typescript,
      mimetype: "text/typescript",
      file_extension: ".ts",
      pygments_lexer: "typescript",
      codemirror_mode: { name: "javascript", typescript: true },
      nbconvert_exporter: "script",
    },
    banner: `slimlab ${version}: TypeScript ${typescript}, Node ${process.versions.node}`,
    help_links: [
      { text: "TypeScript", url: "https://www.typescriptlang.org/docs/" },
      { text: "Node.js", url: "https://nodejs.org/docs/latest-v20.x/api/" },
      { text: "TensorFlow.js", url: "https://js.tensorflow.org/api/latest/" },
    ],
    supported_features: ["debugger", "kernel subshells"],
  };
}

function versionIn(file: string): string {
  const content: unknown = JSON.parse(readFileSync(file, "utf8"));
  const version = isJson(content) ? content["version"] : undefined;
  if (typeof version === "string") return version;
  throw new TypeError(`Cannot read version of "${file}": expected a string, got ${typeof version}`);
}
