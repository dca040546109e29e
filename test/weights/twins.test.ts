/** Networks whose files have the same names and shapes, by timm's and torchvision's whole registries: none is loaded as another in silence. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { declareNetwork } from "../../src/model/declare";
import { resolveOptions } from "../../src/model/options";
import { specOf } from "../../src/model/networks";
import type { WeightsFile } from "../../src/weights/formats/weightsfile";
import { MAPPINGS } from "../../src/weights/mappings";
import { laidOut } from "../../src/weights/mappings/layout";
import { HEAD } from "../../src/weights/mappings/mapping";
import { recognize } from "../../src/weights/recognize";
import { readFixture } from "../fixtures";

/** test/fixtures/twins.json, as test/oracle/twins.py writes it. */
interface TwinsFixture {
  /** Of each group that shares names and shapes with a network here, how far the logits are from the first's. */
  readonly distances: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** By "mean/deviation", timm's weights of networks here. */
  readonly pixels: Readonly<Record<string, readonly string[]>>;
}

const { distances, pixels } = readFixture<TwinsFixture>("twins");

const PREPROCESSING: Readonly<Record<string, string>> = {
  "0.485,0.456,0.406/0.229,0.224,0.225": "torch",
  "0.5,0.5,0.5/0.5,0.5,0.5": "inception",
};

/** A file's names and shapes alone, as those of a network with 1,000 classes; undefined: it is none here. */
function fileOf(network: string): WeightsFile | undefined {
  const mapping = MAPPINGS.find(({ name }) => name === network);
  if (mapping === undefined) return undefined;
  const { architecture, source, options: { width = 1, strides = "slim" } = {}, entryOf } = mapping;
  const spec = specOf(architecture);
  const built = spec.build({ source, strides, width, dropoutKeepProb: 1 });
  const { variables, output } = declareNetwork(built, [1, spec.imageSize, spec.imageSize, 3]);
  const head = [
    { name: `${HEAD}/weights`, shape: [output[3], 1000] },
    { name: `${HEAD}/biases`, shape: [1000] },
  ];
  const entries = [...variables, ...head].flatMap(({ name, shape }) => {
    const mapped = entryOf(name);
    if (mapped === undefined) return [];
    const { shape: sides } = laidOut(mapped.layout, shape);
    const own = { name: mapped.entry, shape: sides, dtype: "float32" } as const;
    return mapped.less === undefined ? [own] : [own, { ...own, name: mapped.less }];
  });
  return {
    ...{ format: "safetensors", path: network, entries, metadata: {} },
    read: () => assert.fail("nothing is read to recognize a network"),
    parts: () => assert.fail("nothing is read to recognize a network"),
    close: () => undefined,
  };
}

/** What a file of a network is taken for, or why it is not. */
function recognized(file: WeightsFile, source?: string): string {
  try {
    return recognize(file, source).mapping.name;
  } catch (error) {
    assert.ok(error instanceof RangeError);
    return error.message;
  }
}

for (const [first, group] of Object.entries(distances))
  test(`a file of ${Object.keys(group).join(", ")} is never taken for another of them in silence`, () => {
    const names = Object.keys(group);
    const file = names.map(fileOf).find((one) => one !== undefined) ?? assert.fail(first);
    const same = (a: string, b: string): boolean => group[a] === group[b];
    const said = recognized(file);
    for (const name of names) {
      if (names.some((other) => !same(name, other)))
        assert.ok(names.some((one) => same(name, one) && new RegExp(`${one}[,;]`).test(said)), `${name}: ${said}`);
      const own = recognized(file, name);
      assert.ok(own === name || own.startsWith(`Cannot import weights of "${name}": expected a source such as `), own);
    }
  }); // prettier-ignore

test("weights of timm have the pixels of their tag, or are refused by their tag", () => {
  for (const [key, tagged] of Object.entries(pixels))
    for (const tag of tagged) {
      const file = fileOf(`timm/${tag.replace(/\..*/, "")}`);
      if (file === undefined) assert.fail(tag);
      if (PREPROCESSING[key] === undefined) {
        assert.match(recognized(file, `timm/${tag}`), /no network here computes/);
        continue;
      }
      const { mapping } = recognize(file, `timm/${tag}`);
      const { architecture, source, options } = mapping;
      assert.equal(mapping.name, `timm/${tag}`);
      assert.equal(resolveOptions({ architecture, source, ...options }).preprocessing, PREPROCESSING[key], tag);
    }
}); // prettier-ignore

test("a file of timm's whose weights have other pixels by their tag is asked for them", () => {
  const networks = new Map<string, [key: string, tag: string][]>();
  for (const [key, tagged] of Object.entries(pixels))
    for (const tag of tagged) {
      const network = tag.replace(/\..*/, "");
      networks.set(network, [...(networks.get(network) ?? []), [key, tag]]);
    }
  for (const [network, tags] of networks) {
    const kinds = new Set(tags.map(([key]) => key));
    if (kinds.size === 1) continue;
    const file = fileOf(`timm/${network}`) ?? assert.fail(network);
    const said = recognized(file, "timm");
    for (const kind of kinds)
      assert.ok(tags.some(([key, tag]) => key === kind && [tag, network].some((one) => said.includes(`timm/${one},`) || said.includes(`timm/${one};`))), `${network} of ${kind}: ${said}`);
  }
}); // prettier-ignore

test("a file of timm's resnet26 is known by its names, and one whose root is three convolutions, as resnet26d's, is refused", () => {
  const file = fileOf("timm/resnet26") ?? assert.fail("resnet26");
  assert.equal(recognized(file), "timm/resnet26");
  const entries = file.entries.map((entry) => ({ ...entry, name: entry.name.replace(/^conv1\./, "conv1.0.") }));
  const refused = /of the nearest, timm\/resnet26, expected "conv1\.weight" of \[64, 3, 7, 7\], got none$/;
  for (const source of [undefined, "timm", "timm/resnet26"]) assert.match(recognized({ ...file, entries }, source), refused);
}); // prettier-ignore
