"""What TensorFlow's converter to TFLite makes of SavedModels.

Argument: a JSON file with a list of {folder, input, shapes}: for each it prints as JSON the converted model's signatures, and for an
input of each shape, made of a seed, the greatest differences from the SavedModel's own of a probability and of a logit (as a share of
the largest), the classes of both and the labels.
"""
import json
import sys

import numpy as np
import tensorflow as tf

with open(sys.argv[1]) as file:
    requests = json.load(file)
answers = []
for request in requests:
    own = tf.saved_model.load(request["folder"]).signatures["serving_default"]
    converted = tf.lite.TFLiteConverter.from_saved_model(request["folder"]).convert()
    interpreter = tf.lite.Interpreter(model_content=converted)
    runner = interpreter.get_signature_runner("serving_default")
    runs = []
    for shape in request["shapes"]:
        values = np.random.default_rng(1).random(shape, np.float32) * 255
        wanted = own(**{request["input"]: tf.constant(values)})
        got = runner(**{request["input"]: values})
        own_logits = wanted["logits"].numpy()
        probability = np.abs(got["probabilities"] - wanted["probabilities"].numpy()).max()
        logit = np.abs(got["logits"] - own_logits).max() / np.abs(own_logits).max()
        runs.append({
            "differences": [float(probability), float(logit)],
            "classes": got["classes"].tolist(),
            "own": wanted["classes"].numpy().tolist(),
            "labels": [label.decode() for label in got["labels"].tolist()],
        })
    answers.append({"signatures": sorted(interpreter.get_signature_list()), "runs": runs})
print(json.dumps(answers))
