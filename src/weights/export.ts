/** A model's weights, written as other libraries lay them out. */
import { finishFirst, interruptible } from "../interrupt";
import type { Model } from "../model/model";
import type { ModelVariable } from "../model/variables";
import { readNumbers, type tf } from "../tensorflow";
import { writeSafetensors, type SafetensorsOptions, type WrittenTensor } from "./formats/safetensorswriter";
import { MAPPINGS } from "./mappings";
import { laidOut } from "./mappings/layout";
import type { MappedEntry, WeightsMapping } from "./mappings/mapping";
import { formOf, isOf } from "./recognize";

/** Options of exportWeights(). */
export interface ExportWeightsOptions extends Pick<SafetensorsOptions, "dtype" | "signal"> {
  /** Whose names and layouts the file has. */
  readonly layout: "torchvision" | "timm";
}

const LAYOUTS: readonly ExportWeightsOptions["layout"][] = ["torchvision", "timm"];

/** What exportWeights() has written. */
export interface ExportedWeights {
  readonly file: string;
  /** The network that reads it, as its library calls it: "timm/resnet50". */
  readonly name: string;
  /** Classes of its last layer. */
  readonly numClasses: number;
  readonly tensors: number;
}

/**
 * Writes a model's weights as a safetensors file that torchvision's or timm's network of the same form loads by load_state_dict(),
 * whole or not at all; importWeights() reads it again.
 * @param file  ending in ".safetensors"; what was there is replaced, and its folder made if there is none
 * @throws {RangeError} if that library has no network of the model's form, naming the forms there are: strides, paddings and epsilon
 *   belong to the weights; or there is no such layout or dtype
 * @throws {Error} if the model is disposed, or the disk refuses
 * @example
 * await exportWeights(model, "resnet50.safetensors", { layout: "timm" });
 * // Python: net = timm.create_model("resnet50", num_classes=2); net.load_state_dict(safetensors.torch.load_file("resnet50.safetensors"))
 */
export async function exportWeights(
  model: Model,
  file: string,
  options: ExportWeightsOptions,
): Promise<ExportedWeights> {
  const { layout, dtype, signal } = interruptible(options);
  if (!LAYOUTS.includes(layout))
    throw new RangeError(
      `Cannot export weights: expected a layout of ${LAYOUTS.join(", ")}, got "${String(layout)}"`,
    );
  const variables = model.variables.expectAll(`export weights to "${file}"`);
  if (!file.endsWith(".safetensors"))
    throw new RangeError(`Cannot export weights: expected a file *.safetensors, got "${file}"`);
  const mapping = mappingOf(model, layout);
  const tensors = variables.flatMap((variable) => writtenOf(variable, mapping));
  const written = {
    metadata: { format: "pt", architecture: mapping.name },
    ...(dtype !== undefined && { dtype }),
    ...(signal !== undefined && { signal }),
  };
  await finishFirst(() => writeSafetensors(file, tensors, written));
  const { numClasses } = model.options;
  return { file, name: mapping.name, numClasses, tensors: tensors.length };
}

/** The network of a library that has the model's form. */
function mappingOf(model: Model, layout: ExportWeightsOptions["layout"]): WeightsMapping {
  const same = MAPPINGS.filter((mapping) => isOf(mapping, model)).map(({ name }) => name);
  const theirs = MAPPINGS.filter(({ name }) => name.startsWith(`${layout}/`));
  const found = theirs.find(({ name, equals = [] }) => [name, ...equals].some((one) => same.includes(one)));
  if (found !== undefined) return found;
  const { architecture, source } = model.options;
  const known = theirs.filter((mapping) => mapping.architecture === architecture);
  const forms = known.map(formOf);
  const expected =
    forms.length > 0 ? `a model created with ${forms.join(", or ")}` : `a network of ${layout}'s`;
  throw new RangeError(
    `Cannot export weights in ${layout}'s layout: expected ${expected}, got ${architecture} of source "${source}"`,
  );
}

/** A variable's entry; beside a moving mean that took in biases there are biases of 0. */
function writtenOf(
  { name, variable }: ModelVariable,
  { entryOf, ...mapping }: WeightsMapping,
): readonly WrittenTensor[] {
  const mapped = entryOf(name);
  if (mapped === undefined)
    throw new RangeError(`Cannot export weights: expected a name for "${name}" in ${mapping.name}, got none`);
  const { shape } = laidOut(mapped.layout, variable.shape);
  const written: WrittenTensor = {
    name: mapped.entry,
    shape,
    get values() {
      return valuesOf(variable, mapped);
    },
  };
  if (mapped.less === undefined) return [written];
  return [written, { name: mapped.less, shape, values: new Float32Array(variable.size) }];
}

/** A variable's values as a source lays them out. */
function valuesOf(variable: tf.Variable, { layout }: MappedEntry): Float32Array {
  const { split, order } = laidOut(layout, variable.shape);
  return readNumbers(() => {
    const ordered = variable.reshape(order.map((dimension) => split[dimension] ?? 1));
    const inverse = order.map((_, dimension) => order.indexOf(dimension));
    return ordered.transpose(inverse);
  });
}
