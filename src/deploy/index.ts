/** A trained model, out of the notebook. */
export {
  representativeDataset,
  type RepresentativeDataset,
  type RepresentativeOptions,
} from "./representative";
export type { RepresentativeInput } from "./representativeinput";
export { exportOnnx, type ExportOnnxModelOptions, type ExportOnnxOptions } from "./onnx/exportonnx";
export type { ClassifierFacts } from "./onnx/describe";
export type { ClassifierGraphOptions } from "./classifiergraph";
export type { Layout as OnnxLayout } from "./onnx/builder";
export type { GraphFunction } from "../tensorflow";
export {
  exportWeb,
  type ExportedWeb,
  type ExportWebFunctionOptions,
  type ExportWebOptions,
  type WebClassifier,
} from "./web/exportweb";
export type { WebWeights } from "./web/weights";
