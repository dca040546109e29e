/** The addon: TensorFlow's C library for JavaScript, which the set-up compiles from native/. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** What the set-up, which runs before anything is compiled and so is plain JavaScript, says of its places. */
interface SetUp {
  readonly places: {
    readonly addon: string;
    readonly cache: string;
    /** The command that makes it. */
    readonly setup: string;
  };
}

/**
 * Loads the addon.
 * @throws {Error} if the set-up has not made it, naming the command that does
 */
export function loadAddon(): unknown {
  const places = placesOf();
  if (existsSync(places.addon)) return load(places.addon);
  throw new Error(
    `Cannot load TensorFlow: expected the addon "${places.addon}", got no such file; make it with: ${places.setup}`,
  );
}

const load: (path: string) => unknown = createRequire(__filename);

function placesOf(): SetUp["places"] {
  return (load(path.resolve(__dirname, "../../../../scripts/steps/places.js")) as SetUp).places;
}

/** Where the project keeps what can be made again: $SLIMLAB_CACHE, or the set-up's place for it. */
export function cacheFolder(): string {
  return process.env.SLIMLAB_CACHE ?? placesOf().cache;
}
