"""Tables and numbers of TF-Slim's networks other than ResNets: test/fixtures/slimnets.json.

Environment: see slim.py. Command: python test/oracle/slimnets.py
"""
import hashlib
import re

from numerics import moving_statistics
from patterns import array, number, pattern_images, pattern_variable, summarize, write_fixture
from slim import name_of, new_session, regularized_variables, slim, tf
from tf_slim.nets import alexnet, inception_v1, inception_v2, vgg

CLASSES = 5

# name -> (the network, its arg scope, its logits' scope, images' shape, options); images so that no layer vanishes.
NETS = {
    "alexnet_v2": (alexnet.alexnet_v2, alexnet.alexnet_v2_arg_scope, "alexnet_v2/fc8", [2, 224, 224, 3], {}),
    "vgg_a": (vgg.vgg_a, vgg.vgg_arg_scope, "vgg_a/fc8", [1, 224, 224, 3], {}),
    "vgg_16": (vgg.vgg_16, vgg.vgg_arg_scope, "vgg_16/fc8", [1, 224, 224, 3], {}),
    "vgg_19": (vgg.vgg_19, vgg.vgg_arg_scope, "vgg_19/fc8", [1, 224, 224, 3], {}),
    "inception_v1": (inception_v1.inception_v1, inception_v1.inception_v1_arg_scope,
                     "InceptionV1/Logits/Conv2d_0c_1x1", [2, 224, 224, 3], {}),
    "inception_v2": (inception_v2.inception_v2, inception_v2.inception_v2_arg_scope,
                     "InceptionV2/Logits/Conv2d_1c_1x1", [2, 160, 160, 3], {}),
    "inception_v2/0.5": (inception_v2.inception_v2, inception_v2.inception_v2_arg_scope,
                         "InceptionV2/Logits/Conv2d_1c_1x1", [2, 160, 160, 3], {"depth_multiplier": 0.5}),
}


def own_name(variable, logits):
    """A variable's name with the fine-tuning head in the logits' place."""
    return name_of(variable).replace(logits, "Predict/logits")


def load_patterns(session, logits):
    """Gives every variable its pattern value, the logits layer that of the fine-tuning head."""
    session.run(tf.global_variables_initializer())
    for variable in slim.get_model_variables():
        variable.load(pattern_variable(own_name(variable, logits), variable.shape.as_list()), session)


def is_endpoint(key):
    """Endpoints before the logits."""
    return not key.endswith("/fc8") and key not in ("Logits", "Predictions", "AuxLogits")


def run_mode(network, arg_scope, logits_scope, shape, options, is_training):
    """(numbers, tables) of one network in one mode, nothing dropped."""
    with tf.Graph().as_default(), new_session() as session:
        images = tf.placeholder(tf.float32, shape)
        with slim.arg_scope(arg_scope()):
            logits, endpoints = network(images, num_classes=CLASSES, is_training=is_training, dropout_keep_prob=1.0,
                                        spatial_squeeze=False, **options)
        logits = tf.reduce_mean(logits, [1, 2])
        endpoints = {key: value for key, value in endpoints.items() if is_endpoint(key)}
        load_patterns(session, logits_scope)
        feed = {images: pattern_images("images", shape)}
        decay = tf.add_n([loss for loss in tf.losses.get_regularization_losses() if logits_scope not in loss.op.name])
        values = session.run({"logits": logits, "endpoints": endpoints, "decay": decay}, feed)
        numbers = {
            "logits": array(values["logits"]),
            "regularization": number(values["decay"]),
            "endpoints": {key: summarize(value) for key, value in values["endpoints"].items()},
        }
        if is_training:
            session.run(tf.get_collection(tf.GraphKeys.UPDATE_OPS), feed)
            moving = [value for _, value in sorted(moving_statistics(session).items())]
            numbers["moving"] = {"means": [number(value.mean()) for value in moving]}
        return numbers, tables(logits_scope)


def tables(logits):
    """What variables there are, in order of creation; the head's weights are left out of those that are regularized."""
    variables = {own_name(v, logits): v.shape.as_list() for v in slim.get_model_variables()}
    lines = [f"{name} {shape}" for name, shape in variables.items()]
    trainable = [v.shape.num_elements() for v in tf.trainable_variables()]
    # The loss's ops repeat an Inception's scope.
    regularized = [re.sub(r"^(\w+)/\1/", r"\1/", name) for name in regularized_variables() if logits not in name]
    return {
        "count": len(variables),
        "parameters": sum(trainable),
        "regularized": hashlib.sha256("\n".join(regularized).encode()).hexdigest(),
        "regularizedCount": len(regularized),
        "variables": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
    }


def describe(network, arg_scope, logits, shape, options):
    """The fixture of one network; without normalization training is no other but for what is dropped."""
    inference, table = run_mode(network, arg_scope, logits, shape, options, False)
    entry = {"images": shape, "table": table, "inference": inference}
    if "Inception" in logits:
        entry["training"], _ = run_mode(network, arg_scope, logits, shape, options, True)
    return entry


if __name__ == "__main__":
    write_fixture("slimnets", {name: describe(*entry) for name, entry in NETS.items()})
