/** How small images may be: below, a layer's window finds no place on what is left of them. */
import { declareNetwork, type NetworkDeclaration } from "./declare";
import type { Network } from "./part";
import { WindowError } from "./window";

/** What a network is called in errors. */
export interface NetworkName {
  readonly architecture: string;
  readonly source: string;
  readonly createAuxLogits: boolean;
}

/** A network with its variables and its name. */
export interface NamedNetwork {
  readonly network: Network;
  readonly declaration: NetworkDeclaration;
  readonly options: NetworkName;
}

type Sides = readonly [height: number, width: number];

/** No network needs larger images. */
const LARGEST = 4096;

/**
 * Variables, endpoints and shapes, for one image of the size that a model is made for.
 * @throws {RangeError} that names the network and the least side, if it is smaller
 */
export function declareOn(network: Network, side: number, name: NetworkName): NetworkDeclaration {
  try {
    return declareNetwork(network, [1, side, side, 3]);
  } catch (error) {
    if (!(error instanceof WindowError)) throw error;
    const least = leastSide(network);
    throw new RangeError(
      `Cannot create model: expected defaultImageSize to be ${least} or more of ${nameOf(name)}, got ${side}`,
      { cause: error },
    );
  }
}

/** Sides of images that fit, by the network that was found to take them: walking through it takes some ms. */
const fitting = new WeakMap<NetworkDeclaration, Set<string>>();

/**
 * Refuses images that are too small for a network with its variables, as an auxiliary classifier's kernel may be.
 * @param what  what for, for the error
 * @throws {RangeError} that names the network and the least side
 */
export function expectSides(
  what: string,
  { network, declaration, options }: NamedNetwork,
  [height, width]: Sides,
): void {
  const known = fitting.get(declaration) ?? new Set();
  if (known.has(`${height} x ${width}`)) return;
  if (fits(network, [height, width], declaration)) {
    fitting.set(declaration, known.add(`${height} x ${width}`));
    return;
  }
  const least = leastSide(network, declaration);
  throw new RangeError(
    `Cannot ${what}: expected images of ${least} x ${least} pixels or more for ${nameOf(options)}, got ${height} x ${width}`,
  );
}

/**
 * Side of the smallest square images that a network takes, in pixels.
 * @param declared  the variables that it has. @default those that it has for these images
 */
export function leastSide(network: Network, declared?: NetworkDeclaration): number {
  let [none, enough] = [0, declared?.input[1] ?? LARGEST];
  while (enough - none > 1) {
    const middle = Math.floor((none + enough) / 2);
    if (fits(network, [middle, middle], declared)) enough = middle;
    else none = middle;
  }
  return enough;
}

function fits(network: Network, [height, width]: Sides, declared?: NetworkDeclaration): boolean {
  try {
    const { variables } = declareNetwork(network, [1, height, width, 3]);
    if (declared === undefined || Math.min(height, width) >= declared.input[1]) return true;
    return variables.every(({ name, shape }, i) => {
      const { name: known, shape: own } = declared.variables[i] ?? {};
      return known === name && own?.join() === shape.join();
    });
  } catch (error) {
    if (error instanceof WindowError) return false;
    throw error;
  }
}

function nameOf({ architecture, source, createAuxLogits }: NetworkName): string {
  const aux = createAuxLogits ? " and its auxiliary classifier" : "";
  return `${architecture} in the form of ${source}${aux}`;
}
