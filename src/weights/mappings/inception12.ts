/** Where others keep the variables of Inceptions v1 and v2. */
import { HEAD, slimEntries, torchEntries, type NamesLayers, type WeightsMapping } from "./mapping";

/** A convolution of a module: torch counts modules from a. */
const MODULE =
  /^InceptionV1\/Mixed_(?<stage>\d)(?<module>[b-f])\/Branch_(?<branch>\d)\/Conv2d_0(?<place>[ab])_/;

const ROOT: Readonly<Record<string, string>> = {
  "InceptionV1/Conv2d_1a_7x7": "conv1",
  "InceptionV1/Conv2d_2b_1x1": "conv2",
  "InceptionV1/Conv2d_2c_3x3": "conv3",
};

/** @see torchvision/models/googlenet.py */
const torchLayers: NamesLayers = (scope) => {
  if (scope === HEAD) return { layer: "fc" };
  const module = ROOT[scope] ?? moduleOf(scope);
  return module === undefined ? undefined : { layer: `${module}.conv`, norm: `${module}.bn` };
};

function moduleOf(scope: string): string | undefined {
  const found = MODULE.exec(scope)?.groups;
  if (found === undefined) return undefined;
  const { stage = "", module = "", branch = "", place = "" } = found;
  const before = String.fromCharCode(module.charCodeAt(0) - 1);
  // TF-Slim calls the second convolution of one branch a, as the first: they differ in their kernels
  const isSecond = place === "b" || scope.endsWith("3x3");
  const within = branch === "0" ? "" : isSecond ? ".1" : ".0";
  return `inception${stage}${before}.branch${Number(branch) + 1}${within}`;
}

/** Of torchvision and TF-Slim; torchvision's auxiliary classifiers are left. */
export const INCEPTION12_MAPPINGS: readonly WeightsMapping[] = [
  {
    ...{ name: "torchvision/googlenet", source: "torchvision", architecture: "inception_v1" },
    entryOf: torchEntries(torchLayers),
    isUnused: (entry) => /^aux[12]\./.test(entry),
  },
  {
    ...{ name: "slim/inception_v1", source: "slim", architecture: "inception_v1" },
    entryOf: slimEntries("InceptionV1/Logits/Conv2d_0c_1x1"),
  },
  {
    ...{ name: "slim/inception_v2", source: "slim", architecture: "inception_v2" },
    entryOf: slimEntries("InceptionV2/Logits/Conv2d_1c_1x1"),
  },
];
