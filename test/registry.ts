import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const BUILD = resolve(__dirname, "../../build");

/** npm's package of that version, fetched once into build/, with its folder there; or why there is none. */
export function fetchPackage(name: string, version: string): { folder: string } | { skip: string } {
  const prefix = join(BUILD, `${name}-${version}`);
  const folder = join(prefix, "node_modules", name);
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) {
    const how = ["--no-save", "--no-package-lock", "--ignore-scripts", "--fetch-retries=0", "--silent"];
    spawnSync("npm", ["install", "--prefix", prefix, ...how, `${name}@${version}`], { timeout: 120_000 });
  }
  const skip = { skip: `npm could not fetch ${name}@${version}` };
  if (!existsSync(manifest)) return skip;
  return readFileSync(manifest, "utf8").includes(`"version": "${version}"`) ? { folder } : skip;
}
