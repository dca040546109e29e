/** How imported weights are shown photographs: as torchvision and timm say for each network and tag. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveOptions, type ModelOptions } from "../../src/model/options";
import { MAPPINGS } from "../../src/weights/mappings";
import { taggedOf } from "../../src/weights/mappings/tags";
import { differencesOf, optionsOf, photosOf } from "../../src/weights/photos";
import { mappingsNamed } from "../../src/weights/recognize";
import { readFixture } from "../fixtures";

/** test/fixtures/photosizes.json, as test/oracle/photosizes.py writes it. */
interface PhotosFixture {
  /** By "<crop>,<shorter side>,<interpolation>,<way of cropping>" the weights' names. */
  readonly photos: Readonly<Record<string, readonly string[]>>;
  /** By network. */
  readonly defaults: Readonly<Record<string, string>>;
}

const { photos, defaults } = readFixture<PhotosFixture>("photosizes");

/** By name. */
const SHOWN = new Map(
  Object.entries(photos).flatMap(([shown, names]) => names.map((name) => [name, shown] as const)),
);

/** Weights of pixels that no network here takes. */
const REFUSED = /\.miil_/;

/** How a model that is created for a file is shown photographs, and what it does otherwise than its source. */
function shownTo(name: string, file = "model.safetensors", model?: ModelOptions): readonly [shown: string, otherwise: string] {
  const [mapping] = mappingsNamed(name);
  if (mapping === undefined) assert.fail(name);
  const wanted = photosOf(mapping, file);
  const options = resolveOptions(optionsOf(mapping, 1000, wanted, model));
  return [joined(options), differencesOf(options, wanted, mapping).join("; ")];
} // prettier-ignore

function joined(options: ModelOptions): string {
  const { defaultImageSize, fixedResizeSide, interpolation, centralFraction } = resolveOptions(options);
  const squash = centralFraction === 1 ? "squash" : `squash ${centralFraction}`;
  return [
    defaultImageSize,
    fixedResizeSide,
    interpolation,
    centralFraction === undefined ? "center" : squash,
  ].join();
}

test("weights of each tag are shown photographs as by torchvision and timm", () => {
  for (const [name, shown] of SHOWN) {
    if (REFUSED.test(name)) continue;
    assert.deepEqual(shownTo(name), [shown, ""], name);
  }
  const listed = MAPPINGS.flatMap(({ name }) => [...taggedOf(name), ...(name.includes(".") ? [name] : [])]);
  assert.deepEqual(listed.filter((name) => !SHOWN.has(name)), []);
}); // prettier-ignore

test("without a tag they are shown as to torchvision's first weights and timm's default ones, by models made without a file, too", () => {
  for (const { name, architecture, source, options } of MAPPINGS) {
    const [library = ""] = name.split("/");
    if (!["torchvision", "timm"].includes(library) || name.includes(".")) continue;
    const tag = library === "torchvision" ? taggedOf(name)[0]?.split(".").at(-1) : defaults[name];
    const shown = SHOWN.get(tag === undefined ? name : `${name}.${tag}`) ?? assert.fail(name);
    assert.equal(shownTo(name)[0], shown);
    if (source === library) assert.equal(joined({ architecture, source, ...options }), shown, name);
  }
  assert.deepEqual(Object.keys(defaults).filter((name) => !MAPPINGS.some((one) => one.name === name)), []);
}); // prettier-ignore

test("Keras' weights are shown the side that they were trained with, TF-Slim's as TF-Slim does", () => {
  for (const [name, expected] of [
    ["keras/resnet50", "224,256,bilinear,center"],
    ["keras/efficientnet_b1", "240,274,bilinear,center"],
    ["keras/efficientnet_b2", "260,297,bilinear,center"],
    ["keras/efficientnet_b3", "300,343,bilinear,center"],
    ["keras/inception_v3", "299,342,bilinear,center"],
    ["slim/resnet_v1_50", "224,256,slim,center"],
    ["slim/vgg_16", "224,256,slim,center"],
    ["slim/resnet_v2_50", "299,342,slim,squash 0.875"],
    ["slim/inception_v1", "224,256,slim,squash 0.875"],
    ["slim/inception_v4", "299,342,slim,squash 0.875"],
    ["slim/mobilenet_v1", "224,256,slim,squash 0.875"],
    ["slim/mobilenet_v3_large", "224,256,slim,squash 0.875"],
  ] as const)
    assert.deepEqual(shownTo(name), [expected, ""], name);
});

test("whoever gives a resizeSide has photos in their proportions, and is told", () => {
  const told = "fixedResizeSide 256, there 384; defaultImageSize 224, there 384; centralFraction none, there 1";
  const sizes = { defaultImageSize: 224, fixedResizeSide: 256 };
  assert.deepEqual(shownTo("timm/convnext_tiny.in12k_ft_in1k_384", undefined, sizes), ["224,256,bicubic,center", told]);
  assert.deepEqual(shownTo("slim/mobilenet_v1", undefined, { preprocessing: "vgg", defaultImageSize: 192 }), [
    "192,219,slim,squash 0.875",
    "fixedResizeSide 219, there 256; defaultImageSize 192, there 224; preprocessing vgg, there inception",
  ]);
}); // prettier-ignore

test("a file's name at torchvision tells which weights it has", () => {
  const old = "/weights/resnet50-0676ba61.pth";
  assert.equal(shownTo("torchvision/resnet50", old)[0], "224,256,bilinear,center");
  assert.equal(shownTo("torchvision/resnet50.IMAGENET1K_V2", old)[0], "224,232,bilinear,center");
  assert.equal(shownTo("torchvision/resnet50", "resnet50-11ad3fa6.pth")[0], "224,232,bilinear,center");
  assert.equal(shownTo("torchvision/resnet101", old)[0], "224,256,bilinear,center");
  assert.equal(
    shownTo("torchvision/efficientnet_b1", "efficientnet_b1_rwightman-bac287d4.pth")[0],
    "240,256,bicubic,center",
  );
});

test("what is asked for is done, and said; a side alone is cropped from as much more as the source's", () => {
  const name = "timm/resnet50.a1_in1k";
  assert.deepEqual(shownTo(name, "model.safetensors", { defaultImageSize: 288 }), [
    "288,302,bicubic,center",
    "fixedResizeSide 302, there 235; defaultImageSize 288, there 224",
  ]);
  assert.deepEqual(
    shownTo(name, "model.safetensors", { fixedResizeSide: 256, interpolation: "slim" }),
    ["224,256,slim,center", "fixedResizeSide 256, there 235; interpolation slim, there bicubic"],
  );
  assert.equal(joined({ source: "torchvision", defaultImageSize: 112 }), "112,128,bilinear,center");
  assert.equal(joined({ source: "keras", defaultImageSize: 112 }), "112,128,bilinear,center");
}); // prettier-ignore
