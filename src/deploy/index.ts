/** A trained model, out of the notebook. */
export {
  representativeDataset,
  type RepresentativeDataset,
  type RepresentativeOptions,
} from "./representative";
export type { RepresentativeInput } from "./representativeinput";
export {
  exportOnnx,
  type ExportOnnxFunctionOptions,
  type ExportOnnxOptions,
  type WithInt8,
} from "./onnx/exportonnx";
export type { Int8Options } from "./onnx/quantizeint8";
export type { RangeChoice } from "./onnx/calibrate";
export type { Int8Export } from "./onnx/quantizewrite";
export type { Int8Report, LayerLoss } from "./onnx/quantizereport";
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
