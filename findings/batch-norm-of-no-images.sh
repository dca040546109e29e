#!/usr/bin/env bash
# One empty batch in training makes the moving mean and variance of Keras' BatchNormalization NaN for good: TensorFlow's fused batch norm gives
# NaN as the moments of no images, and no error.
# Seen in tensorflow-cpu 2.21.0, keras 3.15.1. Needs Python 3.11 to 3.13; about 300 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 keras==3.15.1
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 "$folder/venv/bin/python" - <<'PYTHON'
import keras
import numpy as np
import tensorflow as tf

none = tf.zeros([0])
fused = tf.raw_ops.FusedBatchNormV3(x=tf.zeros([0, 4, 4, 3]), scale=tf.ones([3]), offset=tf.zeros([3]), mean=none, variance=none, is_training=True)
layer = keras.layers.BatchNormalization()
images = tf.random.stateless_normal([8, 4, 4, 3], seed=[0, 1])
for batch in (images, images[:0], images):
    layer(batch, training=True)
served = layer(images, training=False).numpy()
print("TensorFlow", tf.__version__, "Keras", keras.__version__)
print("FusedBatchNormV3 of [0, 4, 4, 3]: mean", fused.batch_mean.numpy(), "variance", fused.batch_variance.numpy())
print("after batches of 8, 0, 8 images: moving mean", layer.moving_mean.numpy(), "moving variance", layer.moving_variance.numpy())
assert np.isnan(fused.batch_mean).all() and np.isnan(fused.batch_variance).all()
assert np.isnan(layer.moving_mean).all() and np.isnan(layer.moving_variance).all() and np.isnan(served).all()
PYTHON
