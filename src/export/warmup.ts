/** The requests by which TensorFlow Serving warms a model up before it serves. */
import { bytesOf, dataType, encodeMessage, frameRecord, typeNumber, type tf } from "../tensorflow";

/** A request to send once before serving. */
export interface WarmupRequest {
  /** @default "serving_default" */
  readonly signature?: string;
  /** By the names of the signature's inputs. */
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
}

/**
 * The contents of assets.extra/tf_serving_warmup_requests: a TFRecord file of tensorflow.serving.PredictionLog.
 * @param name  the model's name
 */
export function encodeWarmup(name: string, requests: readonly WarmupRequest[]): Uint8Array {
  const records = requests.map(({ signature = "serving_default", inputs }) => {
    const tensors = Object.entries(inputs).map(([key, tensor]): [string, object] => [
      key,
      tensorMessage(tensor),
    ]);
    const model_spec = { name, signature_name: signature };
    const request = { model_spec, inputs: Object.fromEntries(tensors) };
    return frameRecord(encodeMessage("PredictionLog", { predict_log: { request } }));
  });
  return Buffer.concat(records);
}

function tensorMessage(tensor: tf.Tensor): object {
  const message = {
    dtype: typeNumber(tensor),
    tensor_shape: { dim: tensor.shape.map((size) => ({ size })) },
  };
  if (dataType(tensor) === "string") return { ...message, string_val: bytesOf(tensor) };
  const values = tensor.dataSync<"float32">();
  return { ...message, tensor_content: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}
