/** The network and images of test/oracle/torchnet.py, on pattern weights. */
import { Model } from "../../src/model/model";
import { tf } from "../../src/tensorflow";
import { patternImages, patternVariable } from "../patterns";

const SIDE = 64;

/** resnet_v1_14, a quarter as wide, strided as torchvision, of 5 classes. */
export function torchModel(): Model {
  const sizes = { fixedResizeSide: SIDE, defaultImageSize: SIDE };
  const model = new Model({ architecture: "resnet_v1_14", strides: "torchvision", width: 1 / 4, numClasses: 5, ...sizes }); // prettier-ignore
  for (const { name, variable } of model.variables.all())
    tf.tidy(() => variable.assign(tf.tensor(patternVariable(name, variable.shape), variable.shape)));
  return model;
}

/** float32 [2, 64, 64, 3], preprocessed */
export function torchImages(): tf.Tensor4D {
  return tf.tensor4d(patternImages("explain", [2, SIDE, SIDE, 3]), [2, SIDE, SIDE, 3]);
}
