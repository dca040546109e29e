/** tf.gather() inside a recorded function: tfjs reads the indices to check them, which a graph's are not there for. */
import { attr } from "../runtime/attributes";
import { executeOne } from "../trace/execute";
import { currentRecording } from "../trace/recording";
import { dataType, tf } from "../runtime/runtime";

const stock = tf.getKernel("GatherV2", "tensorflow");
tf.unregisterKernel("GatherV2", "tensorflow");
tf.registerKernel({
  ...stock,
  kernelFunc: (params) => {
    const { x, indices } = params.inputs;
    if (currentRecording() === undefined || x === undefined || indices === undefined)
      return stock.kernelFunc(params);
    const { axis, batchDims } = params.attrs as { axis: number; batchDims: number };
    const at = tf.scalar(axis, "int32");
    // TensorFlow checks them: on the CPU it refuses those out of range, on a GPU it gives zeros for them.
    const attrs = {
      batch_dims: attr.int(batchDims),
      Tparams: attr.type(dataType(x)),
      Tindices: attr.type(dataType(indices)),
      Taxis: attr.type("int32"),
    };
    const gathered = executeOne("GatherV2", [x as tf.Tensor, indices as tf.Tensor, at], attrs);
    at.dispose();
    return gathered;
  },
});
