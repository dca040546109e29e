/** ResNet-50 with ImageNet weights, where there are some. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openCheckpoint, tf } from "../../src/tensorflow";
import { ModelVariables, resnetV1, type Strides } from "../../src/model";

const ROOT = join(__dirname, "../../..");
const SHARED = process.env["SLIMLAB_SHARED_DATA"] ?? join(ROOT, "../shared/data");
const PYTHON = join(ROOT, ".venv/bin/python");
const MAKER = join(SHARED, "../tools/make_resnet_checkpoint.py");
const PREFIX = join(ROOT, "build/imagenet/resnet_v1_50.ckpt");

/** Why there are no ImageNet weights here, or false. */
export const withoutImagenet = missing();

function missing(): string | false {
  if (!existsSync(SHARED)) return `no shared data at ${SHARED}`;
  if (existsSync(`${PREFIX}.index`)) return false;
  for (const path of [MAKER, PYTHON])
    if (!existsSync(path)) return `nothing to make weights with: no ${path}`;
  return false;
}

/** Prefix of a TF-Slim checkpoint of 1000 classes, strided as torchvision does; made once and kept in build/. */
export function imagenetCheckpoint(): string {
  if (existsSync(`${PREFIX}.index`)) return PREFIX;
  mkdirSync(join(PREFIX, ".."), { recursive: true });
  const folder = mkdtempSync(`${PREFIX}-`);
  execFileSync(PYTHON, [MAKER, join(folder, "made")], { stdio: "ignore" });
  for (const end of ["data-00000-of-00001", "index"])
    renameSync(join(folder, `made.${end}`), `${PREFIX}.${end}`);
  rmSync(folder, { recursive: true });
  return PREFIX;
}

/** A classifier of 1000 classes with the checkpoint's weights; the caller disposes the variables. */
export function imagenetClassifier(strides: Strides): {
  readonly variables: ModelVariables;
  classify(preprocessed: tf.Tensor4D): tf.Tensor2D;
} {
  const variables = new ModelVariables();
  const classify = (images: tf.Tensor4D): tf.Tensor2D =>
    tf.tidy(() => resnetV1(images, { variables, numClasses: 1000, strides }).net.as2D(images.shape[0], 1000));
  classify(tf.zeros([1, 32, 32, 3])).dispose();
  const checkpoint = openCheckpoint(imagenetCheckpoint());
  tf.tidy(() => variables.all().forEach(({ name, variable }) => variable.assign(checkpoint.read(name))));
  checkpoint.close();
  return { variables, classify };
}

/** Names of the 1000 classes. */
export function imagenetLabels(): readonly string[] {
  const labels: unknown = JSON.parse(
    readFileSync(join(SHARED, "labels/imagenet-simple-labels.json"), "utf8"),
  );
  return Array.isArray(labels) ? labels.map(String) : [];
}

/** A path in the shared data. */
export function sharedPath(path: string): string {
  return join(SHARED, path);
}
