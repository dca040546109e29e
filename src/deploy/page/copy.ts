/** The page beside a model for the web, and what it needs of TensorFlow.js. */
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { stopsOf } from "../../inspect/colormap";

/** The packages of TensorFlow.js that a page needs, and the files of each. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  core: ["tf-core.es2017.min.js"],
  converter: ["tf-converter.es2017.min.js"],
  "backend-webgl": ["tf-backend-webgl.es2017.min.js"],
  "backend-webgpu": ["tf-backend-webgpu.es2017.min.js"],
  "backend-wasm": [
    "tf-backend-wasm.es2017.min.js",
    "tfjs-backend-wasm.wasm",
    "tfjs-backend-wasm-simd.wasm",
    "tfjs-backend-wasm-threaded-simd.wasm",
  ],
};

const ROOT = join(__dirname, "../../../..");
/** The page's compiled scripts, and the rest of it. */
const [APP, STATIC] = [join(__dirname, "app"), join(ROOT, "src/deploy/page/static")];

/**
 * Copies the page into the folder of a model for the web: index.html, its scripts in app, and TensorFlow.js in tfjs, of which a browser
 * downloads what its machine computes by. It works from any server of files, without others.
 * @param dir      a folder that there is
 * @param example  a photo's file, copied too
 * @throws {Error} if a file can't be read or written
 */
export async function copyPage(dir: string, example?: string): Promise<void> {
  const [app, tfjs] = [join(dir, "app"), join(dir, "tfjs")];
  for (const folder of [app, tfjs]) await mkdir(folder, { recursive: true });
  for (const name of await readdir(APP))
    if (name.endsWith(".js")) await copyFile(join(APP, name), join(app, name));
  for (const name of ["style.css", "served.js"]) await copyFile(join(STATIC, name), join(app, name));
  await writeFile(join(app, "colors.js"), `export const STOPS = ${JSON.stringify(stopsOf("turbo"))};\n`);
  const html = await readFile(join(STATIC, "index.html"), "utf8");
  const modules = (await readdir(app)).filter((name) => name.endsWith(".js") && name !== "served.js");
  const preloads = modules.map((name) => `<link rel="modulepreload" href="app/${name}" />`).join("\n    ");
  await writeFile(join(dir, "index.html"), html.replace("<!-- modules -->", preloads));
  if (example !== undefined) await copyFile(example, join(dir, exampleName(example)));
  await copyTensorFlow(tfjs);
}

/** What the copy of an example photo is called. */
export const exampleName = (file: string): string => `example${extname(file)}`;

async function copyTensorFlow(dir: string): Promise<void> {
  const versions: string[] = [];
  for (const [name, files] of Object.entries(PACKAGES)) {
    const manifest = manifestOf(`@tensorflow/tfjs-${name}`);
    const text = await readFile(manifest, "utf8");
    versions.push(`@tensorflow/tfjs-${name} ${/"version": "(.+)"/.exec(text)?.[1] ?? ""}`);
    for (const file of files)
      await copyFile(join(dirname(manifest), "dist", file), join(dir, file.replace(".es2017", "")));
  }
  const licence = await readFile(join(ROOT, "LICENSE"), "utf8");
  const note = `TensorFlow.js, copyright Google LLC, whose files are in this folder unchanged: ${versions.join(", ")}. Its licence:`;
  await writeFile(join(dir, "LICENSE.txt"), `${note}\n\n${licence}`);
}

/** The manifest of one of its packages: backends of the user's own tfjs, which brings them, or of ours. */
function manifestOf(name: string): string {
  const own = createRequire(__filename);
  const place = /wasm|webgpu/.test(name) ? own : createRequire(own.resolve("@tensorflow/tfjs"));
  return place.resolve(`${name}/package.json`);
}
