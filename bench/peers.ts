/** The Python environment of the peers that slimlab itself does not need. */
import { execFileSync, type ExecFileSyncOptions } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

const root = path.resolve(__dirname, "../..");

/** The Python of slimlab's own environment. */
export const ownPython = (): string => process.env["SLIMLAB_PYTHON"] ?? path.join(root, ".venv/bin/python");

/**
 * A Python with what bench/requirements.txt lists: $SLIMLAB_PEERS, or that of build/peers, which is made if it is not there yet.
 * @throws {Error} if it cannot be made; what there is of it is then removed
 */
export function peersPython(): string {
  const given = process.env["SLIMLAB_PEERS"];
  if (given !== undefined) return given;
  const folder = path.join(root, "build", "peers");
  const python = path.join(folder, "bin", "python");
  const requirements = path.join(root, "bench", "requirements.txt");
  const wanted = readFileSync(requirements, "utf8");
  const stamp = path.join(folder, ".made-of");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return python;
  const packages = wanted.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  process.stderr.write(
    `installing the peers in build/peers: ${packages.join(", ")}; this takes minutes, once\n`,
  );
  const quietly: ExecFileSyncOptions = { stdio: ["ignore", "ignore", "inherit"] };
  try {
    execFileSync(ownPython(), ["-m", "venv", "--clear", folder], quietly);
    execFileSync(python, ["-m", "pip", "install", "-qq", "--no-input", "-r", requirements], quietly);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true }); // half of an environment is none
    throw error;
  }
  writeFileSync(stamp, wanted);
  return python;
}
