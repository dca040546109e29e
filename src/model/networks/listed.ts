/** The networks as a table. */
import { table, type Table, type TableRow } from "../../display/table";
import { declareNetwork } from "../declare";
import { ARCHITECTURES, specOf, type Architecture } from "./index";
import { interpolationOf, sourcesOf } from "./network";

const CLASSES = 1000;

/**
 * The networks that a Model can be, as a table: name, parameters (trainable numbers, those of a last layer of 1,000 classes included),
 * side of the images that it was published with, and sources (whose forms it can have, the default first) with what their pixels are
 * normalized to, how photographs are resized, whether they are squashed into a square, and the side where a source's is another.
 * @example
 * networks().rows.map(({ name }) => name);
 */
export function networks(): Table {
  return table(ARCHITECTURES.map(rowOf), {
    caption: `parameters: with ${CLASSES.toLocaleString("en-US")} classes`,
  });
}

function rowOf(name: Architecture): TableRow {
  const spec = specOf(name);
  const { imageSize } = spec;
  const sources = sourcesOf(spec);
  const [source = "slim"] = sources;
  const network = spec.build({ source, strides: "slim", width: 1, dropoutKeepProb: 1 });
  const { variables, output } = declareNetwork(network, [1, imageSize, imageSize, 3]);
  const trained = variables.filter(({ trainable }) => trainable);
  const sizes = trained.map(({ shape }) => shape.reduce((size, side) => size * side, 1));
  const parameters = sizes.reduce((sum, size) => sum + size, (output[3] + 1) * CLASSES);
  const kinds = sources.map((from) => {
    const { preprocessing = "", centralFraction, imageSize: side = imageSize } = spec.sources[from] ?? {};
    const photos = [
      preprocessing,
      interpolationOf(spec, from),
      ...(centralFraction === undefined ? [] : ["squashed"]),
    ];
    return `${from} (${[...photos, ...(side === imageSize ? [] : [side])].join(", ")})`;
  });
  return { name, parameters, "image size": imageSize, "sources (pixels, interpolation)": kinds.join(", ") };
}
