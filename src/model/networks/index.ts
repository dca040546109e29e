/** All networks, by name. */
import { quoteNearest } from "../../tensorflow";
import { ALEXNETS } from "./alexnet";
import { CONVNEXTS } from "./convnext";
import { EFFICIENTNETS } from "./efficientnets";
import { INCEPTION_V1 } from "./inceptionv1";
import { INCEPTION_V2 } from "./inceptionv2";
import { INCEPTIONS } from "./inceptions";
import { MOBILENETS } from "./mobilenets";
import type { NetworkSpec } from "./network";
import { RESNETS } from "./resnets";
import { VGGS } from "./vgg";

const NETWORKS = {
  ...RESNETS,
  ...ALEXNETS,
  ...VGGS,
  ...INCEPTION_V1,
  ...INCEPTION_V2,
  ...INCEPTIONS,
  ...MOBILENETS,
  ...EFFICIENTNETS,
  ...CONVNEXTS,
} as const satisfies Readonly<Record<string, NetworkSpec>>;

/** A network by its name: TF-Slim's, for those that it has. networks() lists them. */
export type Architecture = keyof typeof NETWORKS;

/** The names of all networks. */
export const ARCHITECTURES: readonly Architecture[] = Object.keys(NETWORKS).filter(isArchitecture);

function isArchitecture(name: string): name is Architecture {
  return Object.hasOwn(NETWORKS, name);
}

/**
 * A name that is a network's.
 * @throws {RangeError} that names the nearest, if it is none
 */
export function expectArchitecture(name: string): Architecture {
  if (isArchitecture(name)) return name;
  throw new RangeError(
    `Cannot build "${name}": expected one of networks(), such as ${quoteNearest(name, ARCHITECTURES)}, got no such network`,
  );
}

/** @throws {RangeError} that names the nearest, if there is none of that name */
export function specOf(name: Architecture): NetworkSpec {
  return NETWORKS[expectArchitecture(name)];
}
