/** What a network in whole numbers gives, beside what it gives in floats. */
import { inspect } from "node:util";
import { bundleOf, displayable, type Displayable } from "../../display/bundle";
import { table } from "../../display/table";

/** How much of a layer's output is lost when it alone is whole numbers. */
export interface LayerLoss {
  /** The name of its node. */
  readonly layer: string;
  /** The root of the mean squared difference, by that of the output: 0 is nothing. */
  readonly loss: number;
}

/** How a network in whole numbers agrees with that in floats, on the representative images. */
export interface Int8Numbers {
  readonly images: number;
  /** The output that is compared: "probabilities" of a classifier, the first one of another graph. */
  readonly output: string;
  /** The part of the images of which the output's greatest number is at the same place, 0…1. */
  readonly agreement: number;
  /** Of all numbers of the output, the greatest difference from floats'. */
  readonly greatestDifference: number;
  readonly meanDifference: number;
  /** How many convolutions and products are in whole numbers. */
  readonly wholeLayers: number;
  /** How many there are. */
  readonly layers: number;
  /** Bytes of the file. */
  readonly bytes: number;
  /** Bytes that it would have in floats. */
  readonly floatBytes: number;
  /** If the agreement is below 0.95: the layers that lose most, the worst first, to be left in floats. */
  readonly losses: readonly LayerLoss[];
}

/** The same, as it shows itself. */
export interface Int8Report extends Int8Numbers, Displayable {
  /** What is to be known before it is used. @default none: the agreement is high */
  readonly warning?: string;
  toString(): string;
}

/** Below it, a network is hardly what it was. */
export const LOW_AGREEMENT = 0.95;

const percent = (part: number): string => `${Number((100 * part).toPrecision(4))} %`;

/** What is told of a network in whole numbers. */
export function int8Report(numbers: Int8Numbers): Int8Report {
  const { agreement, losses, images, output } = numbers;
  const shown = table(
    [
      { int8: "same class", value: percent(agreement) },
      { int8: `${output}, greatest difference`, value: numbers.greatestDifference.toPrecision(3) },
      { int8: `${output}, mean difference`, value: numbers.meanDifference.toPrecision(3) },
      { int8: "layers in whole numbers", value: `${numbers.wholeLayers} of ${numbers.layers}` },
      { int8: "file, MB", value: `${mega(numbers.bytes)} (float32 ${mega(numbers.floatBytes)})` },
      ...losses.map(({ layer, loss }) => ({ int8: `lost by ${layer}`, value: percent(loss) })),
    ],
    { caption: `int8 beside float32, ${images} representative images` },
  );
  const worst = losses.map(({ layer }) => layer).join(", ");
  const warning =
    agreement < LOW_AGREEMENT
      ? `Only ${percent(agreement)} of the images keep their class; most is lost by ${worst}, which int8: { floatScopes } leaves in floats`
      : undefined;
  const toString = (): string => [shown.toString(), ...(warning === undefined ? [] : [warning])].join("\n");
  const value = { ...numbers, ...(warning !== undefined && { warning }), toString };
  return displayable({ ...value, [inspect.custom]: toString }, (context) =>
    warning === undefined
      ? bundleOf(shown, context)
      : { ...bundleOf(shown, context), "text/plain": toString() },
  );
}

const mega = (bytes: number): string => (bytes / 1e6).toPrecision(3);
