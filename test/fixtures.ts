import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The path of a file in test/fixtures, seen from the compiled tests. */
export function fixturePath(name: string): string {
  return join(__dirname, "../../test/fixtures", name);
}

/** test/fixtures/<name>.json, as the type that test/oracle/README.md states for it. */
export function readFixture<T>(name: string): T {
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- the scripts that made the fixtures say their types
  return JSON.parse(readFileSync(fixturePath(`${name}.json`), "utf8")) as T;
}
