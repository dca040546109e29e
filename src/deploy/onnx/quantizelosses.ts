/** How much each layer of a graph loses when it alone is whole numbers. */
import { posix } from "node:path";
import { shielded } from "../../interrupt";
import { attr, runGraph, tf, type Graph, type GraphNode } from "../../tensorflow";
import type { RepresentativeImages } from "./calibrateimages";
import type { LayerLoss } from "./quantizereport";
import { isWeighing, roundedWeights, roundNode, type Simulated } from "./quantizesimulate";

/** How many layers are told. */
const TOLD = 5;

/** What of a convolution belongs to its layer. */
const ENDS = ["BiasAdd", "AddV2", "Relu", "Relu6"];

/**
 * The layers that lose most, the worst first, on the first batch of images.
 * @param graph  of one input
 */
export async function layerLosses(
  graph: Graph,
  simulated: Simulated,
  images: RepresentativeImages,
): Promise<LayerLoss[]> {
  const twins = shielded(() => new Twins(graph, simulated));
  const input = graph.inputs[0]?.name ?? "";
  const squares = new Map<string, number>();
  try {
    for await (const batch of images.batches()) {
      const squared = (): void => {
        runGraph(twins.graph, { [input]: batch }, (value, tensor) => {
          if (value.endsWith(SQUARES)) squares.set(value, tensor.dataSync()[0] ?? NaN);
        });
      };
      shielded(() => tf.tidy(squared));
      break;
    }
  } finally {
    tf.dispose(twins.made);
  }
  const losses = [...twins.ends].map(([layer, value]): LayerLoss => {
    const [error = NaN, all = NaN] = [squares.get(`${value}#error${SQUARES}`), squares.get(value + SQUARES)];
    return { layer, loss: Math.sqrt(error / all) };
  });
  const isTold = ({ loss }: LayerLoss): boolean => loss > 0;
  return losses
    .filter(isTold)
    .sort((one, other) => other.loss - one.loss)
    .slice(0, TOLD);
}

/** Half the sum of a value's squares. */
const SQUARES = "#squares";

/** A graph with a twin beside each layer, which takes and gives whole numbers. */
class Twins {
  readonly nodes: GraphNode[] = [];
  /** By the scope of a layer: the value that it ends with. */
  readonly ends = new Map<string, string>();
  /** Rounded weights. */
  readonly made: tf.Tensor[] = [];
  private readonly constants: Map<string, tf.Tensor>;
  /** By a value: its layer, while that goes on. */
  private readonly open = new Map<string, string>();

  constructor(
    private readonly given: Graph,
    private readonly simulated: Simulated,
  ) {
    this.constants = new Map(given.constants);
    for (const { name } of given.inputs) this.round(name);
    for (const node of given.nodes) {
      this.nodes.push(node);
      this.round(node.name);
      if (isWeighing(node, simulated)) this.begin(node);
      else this.goOn(node);
    }
    for (const [value, layer] of this.open) this.end(value, layer, `${value}#twin`);
  }

  get graph(): Graph {
    return { ...this.given, nodes: this.nodes, constants: this.constants };
  }

  private round(value: string): void {
    const scale = this.simulated.scales.get(value);
    if (scale !== undefined) this.nodes.push(roundNode(value, scale));
  }

  private begin(node: GraphNode): void {
    const [images = "", filter = ""] = node.inputs;
    const weights = `${node.name}#weights`;
    const made = roundedWeights(node, this.given.constants.get(filter));
    this.made.push(made);
    this.constants.set(weights, made);
    const scope = posix.dirname(node.name);
    this.twin(node, [`${images}#int8`, weights], scope === "." ? node.name : scope);
  }

  private goOn(node: GraphNode): void {
    const [value = "", ...others] = node.inputs;
    const layer = this.open.get(value);
    if (layer === undefined || !ENDS.includes(node.op) || !others.every((other) => this.constants.has(other)))
      return;
    this.open.delete(value);
    this.twin(node, [`${value}#twin`, ...others], layer);
  }

  private twin(node: GraphNode, inputs: readonly string[], layer: string): void {
    const name = `${node.name}#twin`;
    this.nodes.push({ ...node, name, inputs });
    const scale = this.simulated.scales.get(node.name);
    if (scale === undefined) {
      this.open.set(node.name, layer);
      return;
    }
    this.nodes.push(roundNode(name, scale));
    this.end(node.name, layer, `${name}#int8`);
  }

  private end(value: string, layer: string, twin: string): void {
    const attrs = { T: attr.type("float32") };
    const error = `${value}#error`;
    this.nodes.push(
      { name: error, op: "Sub", inputs: [value, twin], attrs },
      { name: error + SQUARES, op: "L2Loss", inputs: [error], attrs },
      { name: value + SQUARES, op: "L2Loss", inputs: [value], attrs },
    );
    this.ends.set(layer, value);
  }
}
