"""What Python's TensorFlow gives of SavedModels.

Argument: a JSON file with a list of {folder, tags, api, remapping, calls}, where api is "load" (tf.saved_model.load) or "session" (TensorFlow
1's, for what the former cannot load), remapping says whether operations may be fused, and a call is {signature, inputs}. Tensors are {dtype, shape, values}; strings are in base64.
Prints as JSON, for each of the list, {assets, outputs}; outputs are one for each call: tensors by name, or an error's text.
"""
import base64
import json
import sys

import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1


def array(tensor):
    values = tensor["values"]
    if tensor["dtype"] == "string":
        return np.array([base64.b64decode(value) for value in values], object).reshape(tensor["shape"])
    return np.array(values, tensor["dtype"]).reshape(tensor["shape"])


def plain(value):
    value = np.asarray(value)
    is_text = value.dtype == object
    values = [base64.b64encode(one).decode() if is_text else one for one in value.ravel().tolist()]
    return {"dtype": "string" if is_text else value.dtype.name, "shape": list(value.shape), "values": values}


def answer(work):
    try:
        return {name: plain(value) for name, value in work().items()}
    except Exception as error:  # whatever it is, it is the answer
        return f"{type(error).__name__}: {error}"


def by_load(folder, tags, calls):
    model = tf.saved_model.load(folder, tags)
    assets = [asset.asset_path.numpy().decode() for asset in getattr(model, "asset_paths", [])]

    def run(call):
        outputs = model.signatures[call["signature"]](**{name: tf.constant(array(value)) for name, value in call["inputs"].items()})
        return {name: value.numpy() for name, value in outputs.items()}

    return {"assets": assets, "outputs": [answer(lambda: run(call)) for call in calls]}


def by_session(folder, tags, calls):
    with tf.Graph().as_default(), tf1.Session() as session:
        signatures = tf1.saved_model.load(session, tags, folder).signature_def
        paths = session.run(tf1.get_collection(tf1.GraphKeys.ASSET_FILEPATHS))

        def run(call):
            signature = signatures[call["signature"]]
            feed = {signature.inputs[name].name: array(value) for name, value in call["inputs"].items()}
            return session.run({name: info.name for name, info in signature.outputs.items()}, feed)

        return {"assets": [path.decode() for path in paths], "outputs": [answer(lambda: run(call)) for call in calls]}


APIS = {"load": by_load, "session": by_session}
with open(sys.argv[1]) as file:
    requests = json.load(file)
answers = []
for request in requests:
    tf.config.optimizer.set_experimental_options({"remapping": request["remapping"]})
    answers.append(APIS[request["api"]](request["folder"], request["tags"], request["calls"]))
print(json.dumps(answers))
