/** Functions as graphs of plain operations: what other formats are written from. */
export { recordGraph, type GraphFunction } from "./record";
export { runGraph } from "./run";
export { contentBytes } from "./constant";
export { flagOf, listOf, numberOf, wordOf } from "./attributes";
export {
  nodeOf,
  usesOf,
  type Graph,
  type GraphInput,
  type GraphNode,
  type GraphOutput,
  type GraphValue,
  type TypedGraph,
} from "./graph";
