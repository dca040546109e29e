/** What TensorFlow publishes of TF-Slim's networks. */

/** The bucket that is also http://download.tensorflow.org, over a connection that nobody on the way can change. */
export const CHECKPOINTS_URL = "https://storage.googleapis.com/download.tensorflow.org/";

/**
 * Archives with a checkpoint each, most of them of TensorFlow's V1 format: where they are, and a variable with its shape, which
 * tells whose they are. The last ones are in buckets beside the first.
 * @see tensorflow/models, research/slim: README.md, nets/mobilenet_v1.md, nets/mobilenet/README.md
 */
export const CHECKPOINTS = {
  resnet_v1_50: ["models/resnet_v1_50_2016_08_28.tar.gz", "resnet_v1_50/conv1/weights", "7,7,3,64"],
  resnet_v1_101: ["models/resnet_v1_101_2016_08_28.tar.gz", "resnet_v1_101/conv1/weights", "7,7,3,64"],
  resnet_v1_152: ["models/resnet_v1_152_2016_08_28.tar.gz", "resnet_v1_152/conv1/weights", "7,7,3,64"],
  resnet_v2_50: ["models/resnet_v2_50_2017_04_14.tar.gz", "resnet_v2_50/conv1/weights", "7,7,3,64"],
  resnet_v2_101: ["models/resnet_v2_101_2017_04_14.tar.gz", "resnet_v2_101/conv1/weights", "7,7,3,64"],
  resnet_v2_152: ["models/resnet_v2_152_2017_04_14.tar.gz", "resnet_v2_152/conv1/weights", "7,7,3,64"],
  vgg_16: ["models/vgg_16_2016_08_28.tar.gz", "vgg_16/conv1/conv1_1/weights", "3,3,3,64"],
  vgg_19: ["models/vgg_19_2016_08_28.tar.gz", "vgg_19/conv1/conv1_1/weights", "3,3,3,64"],
  inception_v1: ["models/inception_v1_2016_08_28.tar.gz", "InceptionV1/Conv2d_1a_7x7/weights", "7,7,3,64"],
  inception_v2: [
    "models/inception_v2_2016_08_28.tar.gz",
    "InceptionV2/Conv2d_1a_7x7/depthwise_weights",
    "7,7,3,8",
  ],
  inception_v3: ["models/inception_v3_2016_08_28.tar.gz", "InceptionV3/Conv2d_1a_3x3/weights", "3,3,3,32"],
  inception_v4: ["models/inception_v4_2016_09_09.tar.gz", "InceptionV4/Conv2d_1a_3x3/weights", "3,3,3,32"],
  inception_resnet_v2: [
    "models/inception_resnet_v2_2016_08_30.tar.gz",
    "InceptionResnetV2/Conv2d_1a_3x3/weights",
    "3,3,3,32",
  ],
  mobilenet_v1: [
    "models/mobilenet_v1_2018_08_02/mobilenet_v1_1.0_224.tgz",
    "MobilenetV1/Conv2d_0/weights",
    "3,3,3,32",
  ],
  mobilenet_v1_075: [
    "models/mobilenet_v1_2018_08_02/mobilenet_v1_0.75_224.tgz",
    "MobilenetV1/Conv2d_0/weights",
    "3,3,3,24",
  ],
  mobilenet_v1_050: [
    "models/mobilenet_v1_2018_08_02/mobilenet_v1_0.5_224.tgz",
    "MobilenetV1/Conv2d_0/weights",
    "3,3,3,16",
  ],
  mobilenet_v1_025: [
    "models/mobilenet_v1_2018_08_02/mobilenet_v1_0.25_224.tgz",
    "MobilenetV1/Conv2d_0/weights",
    "3,3,3,8",
  ],
  mobilenet_v2: [
    "../mobilenet_v2/checkpoints/mobilenet_v2_1.0_224.tgz",
    "MobilenetV2/Conv/weights",
    "3,3,3,32",
  ],
  mobilenet_v2_140: [
    "../mobilenet_v2/checkpoints/mobilenet_v2_1.4_224.tgz",
    "MobilenetV2/Conv/weights",
    "3,3,3,48",
  ],
  mobilenet_v2_035: [
    "../mobilenet_v2/checkpoints/mobilenet_v2_0.35_224.tgz",
    "MobilenetV2/Conv/weights",
    "3,3,3,16",
  ],
  mobilenet_v3_large: [
    "../mobilenet_v3/checkpoints/v3-large_224_1.0_float.tgz",
    "MobilenetV3/Conv/weights",
    "3,3,3,16",
  ],
  mobilenet_v3_small: [
    "../mobilenet_v3/checkpoints/v3-small_224_1.0_float.tgz",
    "MobilenetV3/Conv/weights",
    "3,3,3,16",
  ],
} as const;

/** A network whose checkpoint can be fetched. */
export type PublishedCheckpoint = keyof typeof CHECKPOINTS;

/** Whether a checkpoint of a network of that name can be fetched. */
export function isPublishedCheckpoint(name: string): name is PublishedCheckpoint {
  return Object.hasOwn(CHECKPOINTS, name);
}
