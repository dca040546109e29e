/** The weights of Keras' applications. */
import { unknownWeights, type PublishedSource } from "./source";

/** Of weights whose license Keras does not state. */
const KERAS_LICENSE = "none stated (Keras' code: Apache-2.0)";
const OF_OXFORD = "CC BY 4.0 (ported from those of VGG at Oxford)";
const OF_HE = "MIT (ported from Kaiming He's)";
const OF_GOOGLE = "Apache-2.0";

const FOLDER = "tensorflow/keras-applications";
const KERNELS = "weights_tf_dim_ordering_tf_kernels";

/**
 * Keras' files by network: where they are in Google's storage, their MD5 or, of 64 digits, SHA-256 ("": none is stated), and their
 * license.
 * @see keras 3.15.1: applications/*.py; licenses: https://keras.io/applications of Keras 2.1, "License" of each
 */
const KERAS: Readonly<Record<string, readonly [file: string, hash: string, license: string]>> = {
  vgg16: [`${FOLDER}/vgg16/vgg16_${KERNELS}.h5`, "64373286793e3c8b2b4e3219cbf3544b", OF_OXFORD],
  vgg19: [`${FOLDER}/vgg19/vgg19_${KERNELS}.h5`, "cbe5617147190e668d6c5d5026f83318", OF_OXFORD],
  inception_v3: [
    `${FOLDER}/inception_v3/inception_v3_${KERNELS}.h5`,
    "9a0d58056eeedaa3f26cb7ebd46da564",
    OF_GOOGLE,
  ],
  inception_resnet_v2: [
    `${FOLDER}/inception_resnet_v2/inception_resnet_v2_${KERNELS}.h5`,
    "e693bd0210a403b3192acc6073ad2e96",
    OF_GOOGLE,
  ],
  mobilenet: [`${FOLDER}/mobilenet/mobilenet_1_0_224_tf.h5`, "", OF_GOOGLE],
  mobilenet_075: [`${FOLDER}/mobilenet/mobilenet_7_5_224_tf.h5`, "", OF_GOOGLE],
  mobilenet_050: [`${FOLDER}/mobilenet/mobilenet_5_0_224_tf.h5`, "", OF_GOOGLE],
  mobilenet_025: [`${FOLDER}/mobilenet/mobilenet_2_5_224_tf.h5`, "", OF_GOOGLE],
  mobilenet_v2: [`${FOLDER}/mobilenet_v2/mobilenet_v2_${KERNELS}_1.0_224.h5`, "", OF_GOOGLE],
  mobilenet_v2_140: [`${FOLDER}/mobilenet_v2/mobilenet_v2_${KERNELS}_1.4_224.h5`, "", OF_GOOGLE],
  mobilenet_v2_035: [`${FOLDER}/mobilenet_v2/mobilenet_v2_${KERNELS}_0.35_224.h5`, "", OF_GOOGLE],
  mobilenet_v3_large: [
    `${FOLDER}/mobilenet_v3/weights_mobilenet_v3_large_224_1.0_float.h5`,
    "59e551e166be033d707958cf9e29a6a7",
    KERAS_LICENSE,
  ],
  mobilenet_v3_small: [
    `${FOLDER}/mobilenet_v3/weights_mobilenet_v3_small_224_1.0_float.h5`,
    "8768d4c2e7dee89b9d02b2d03d65d862",
    KERAS_LICENSE,
  ],
  resnet50: [`${FOLDER}/resnet/resnet50_${KERNELS}.h5`, "2cb95161c43110f7111970584f804107", OF_HE],
  resnet101: [`${FOLDER}/resnet/resnet101_${KERNELS}.h5`, "f1aeb4b969a6efcfb50fad2f0c20cfc5", KERAS_LICENSE],
  resnet152: [`${FOLDER}/resnet/resnet152_${KERNELS}.h5`, "100835be76be38e30d865e96f2aaae62", KERAS_LICENSE],
  resnet50v2: [
    `${FOLDER}/resnet/resnet50v2_${KERNELS}.h5`,
    "3ef43a0b657b3be2300d5770ece849e0",
    KERAS_LICENSE,
  ],
  resnet101v2: [
    `${FOLDER}/resnet/resnet101v2_${KERNELS}.h5`,
    "6343647c601c52e1368623803854d971",
    KERAS_LICENSE,
  ],
  resnet152v2: [
    `${FOLDER}/resnet/resnet152v2_${KERNELS}.h5`,
    "a49b44d1979771252814e80f8ec446f9",
    KERAS_LICENSE,
  ],
  efficientnet_b0: [
    "keras-applications/efficientnetb0.h5",
    "902e53a9f72be733fc0bcb005b3ebbac",
    KERAS_LICENSE,
  ],
  efficientnet_b1: [
    "keras-applications/efficientnetb1.h5",
    "1d254153d4ab51201f1646940f018540",
    KERAS_LICENSE,
  ],
  efficientnet_b2: [
    "keras-applications/efficientnetb2.h5",
    "b15cce36ff4dcbd00b6dd88e7857a6ad",
    KERAS_LICENSE,
  ],
  efficientnet_b3: [
    "keras-applications/efficientnetb3.h5",
    "ffd1fdc53d0ce67064dc6a9c7960ede0",
    KERAS_LICENSE,
  ],
  convnext_tiny: [
    `${FOLDER}/convnext/convnext_tiny.h5`,
    "8ae6e78ce2933352b1ef4008e6dd2f17bc40771563877d156bc6426c7cf503ff",
    KERAS_LICENSE,
  ],
};

const TAG = "imagenet";

/** Keras' weights by its networks; their only tag is "imagenet". */
export const keras: PublishedSource = {
  baseUrl: "https://storage.googleapis.com/",
  networks: Object.keys(KERAS),
  tagOf(network, tag = TAG) {
    if (Object.hasOwn(KERAS, network) && tag === TAG) return tag;
    const names = Object.keys(KERAS).map((name) => `keras/${name}`);
    throw unknownWeights(tag === TAG ? `keras/${network}` : `keras/${network}.${tag}`, names);
  },
  find(network) {
    const [address = "", hash = "", license = ""] = KERAS[network] ?? [];
    const hashes = hash === "" ? {} : hash.length === 64 ? { sha256: hash } : { md5: hash };
    return { address, license, ...hashes };
  },
};
