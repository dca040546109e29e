"""Logits of TF-Slim's networks on weights made from their names, as sources.py does for other libraries: test/fixtures/sources/slim_*.json.

Entries are those that a checkpoint of the network has, with as many classes as those that are published.

Environment: see slim.py, and Pillow; of models/research/slim, which is no package, as mobilenets.py and inceptions.py want it: on the
path, with SLIM_NETS as the folder of its nets. Command: SLIM_NETS=.../nets PYTHONPATH=... python test/oracle/slimsources.py [NAME ...]
"""
import functools
import sys

import numpy as np

from mobilenets import NETS as MOBILENETS  # first: the next makes a package nets where there is none
from inceptions import NETS as INCEPTIONS
from patterns import VGG_MEANS
from slim import ARG_SCOPES, NETS as RESNETS, name_of, new_session, slim, tf
from slimnets import NETS as OTHERS
from sources import write_source
from sourcevalues import value_of

VGG = (np.array(VGG_MEANS, np.float32), 1)
INCEPTION = (127.5, 127.5)


def networks():
    """name -> (the network, its arg scope, side of its images, classes, what is taken off pixels and what they are divided by)"""
    found = {}
    for name, net in RESNETS.items():
        version = name.split("_")[1]
        found[name] = (net, ARG_SCOPES[version], *((224, 1000, VGG) if version == "v1" else (299, 1001, INCEPTION)))
    for name, (net, scope, *_) in OTHERS.items():
        if "/" not in name:
            found[name] = (net, scope, 224, *((1001, INCEPTION) if "inception" in name else (1000, VGG)))
    for name, (net, scope, _) in INCEPTIONS.items():
        found[name] = (net, scope, 299, 1001, INCEPTION)
    for name, (net, scope) in MOBILENETS.items():
        found[name] = (net, functools.partial(scope, is_training=False), 224, 1001, INCEPTION)
    return found


def run(net, arg_scope, side, classes, pixels, gain, photographs):
    """(entries, logits) of a network."""
    mean, deviation = pixels
    with tf.Graph().as_default(), new_session() as session:
        images = tf.placeholder(tf.float32, [1, side, side, 3])
        with slim.arg_scope(arg_scope()):
            logits, _ = net(images, num_classes=classes, is_training=False)
        session.run(tf.global_variables_initializer())
        entries = {}
        for variable in slim.get_model_variables():
            entries[name_of(variable)] = variable.shape.as_list()
            variable.load(value_of(name_of(variable), tuple(variable.shape.as_list()), gain), session)
        rows = [session.run(logits, {images: (photo[None] - mean) / deviation}).reshape(classes) for photo in photographs]
        return entries, np.stack(rows)


if __name__ == "__main__":
    known = networks()
    for wanted in sys.argv[1:] or known:
        write_source(f"slim/{wanted}", known[wanted][2], functools.partial(run, *known[wanted]))
