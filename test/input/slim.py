"""TF-Slim's vgg_preprocessing.preprocess_for_eval of images of other sizes, for [sides, crop, sizes] as JSON in the first argument.

The image of a size has at row y, column x and channel c the value (y * 31 + x * 17 + c * 101 + x * y) mod 256. Prints, for each
size, the resized height and width and the first, middle and last pixel of the crop, less the means.
"""
import json
import sys

import numpy as np
import tensorflow as tf

MEANS = [123.68, 116.78, 103.94]


def smallest_size_at_least(height, width, smallest_side):
    height, width, side = (tf.cast(n, tf.float32) for n in (height, width, smallest_side))
    scale = side / width if height > width else side / height
    return [int(tf.cast(tf.math.rint(n * scale), tf.int32)) for n in (height, width)]


def describe(height, width, side, crop):
    y, x, c = np.ogrid[:height, :width, :3]
    image = ((y * 31 + x * 17 + c * 101 + x * y) % 256).astype(np.uint8)
    size = smallest_size_at_least(height, width, side)
    resized = tf.compat.v1.image.resize_bilinear(image[None], size, align_corners=False)[0].numpy()
    top, left = (int((n - crop) / 2) for n in size)
    cropped = resized[top:top + crop, left:left + crop] - np.array(MEANS, np.float32)
    middle = crop // 2
    return {"size": size, "pixels": [cropped[i, i].tolist() for i in (0, middle, crop - 1)]}


side, crop, sizes = json.loads(sys.argv[1])
print(json.dumps([describe(*size, side, crop) for size in sizes]))
