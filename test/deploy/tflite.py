"""What TensorFlow's converter to TFLite makes of frozen SavedModels, and what its interpreter makes of images then.

Argument: a JSON file with a list of {folder, input, representative, images, kinds}: folders of SavedModels, the names of their inputs, .npy files of what they receive,
and which models are wanted: "float32", "float16", "dynamic" (weights alone in int8) or "int8". Prints as JSON, for each kind of each:
its bytes, its operations, the shape of its input, and the logits and probabilities of the images.
"""
import json
import sys

import numpy as np
import tensorflow as tf


def converted(folder, name, representative, kind):
    converter = tf.lite.TFLiteConverter.from_saved_model(folder)
    if kind != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if kind == "int8":
        images = np.load(representative, mmap_mode="r")
        converter.representative_dataset = lambda: ({name: image[None]} for image in images)
    return converter.convert()


def answer(folder, name, representative, images, kind):
    model = converted(folder, name, representative, kind)
    interpreter = tf.lite.Interpreter(model_content=model)
    # Of the graph as it is in the file: with a delegate the list is the delegate's.
    plain = tf.lite.Interpreter(
        model_content=model,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    runner = interpreter.get_signature_runner("serving_default")
    outputs = runner(**{name: np.load(images)})
    return {
        "bytes": len(model),
        "operations": sorted({one["op_name"] for one in plain._get_ops_details()}),
        "input": [int(size) for size in interpreter.get_input_details()[0]["shape_signature"]],
        "logits": outputs["logits"].tolist(),
        "probabilities": outputs["probabilities"].tolist(),
        "labels": [label.decode() for label in outputs["labels"].tolist()],
    }


with open(sys.argv[1]) as file:
    requests = json.load(file)
print(json.dumps([
    {kind: answer(one["folder"], one["input"], one["representative"], one["images"], kind) for kind in one["kinds"]}
    for one in requests
]))
