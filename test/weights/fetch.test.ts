/** fetchWeights() against a server on this machine that answers as the sources do. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { before, test } from "node:test";
import { create } from "tar";
import { CHECKPOINTS } from "../../src/input/checkpoints";
import { saveCheckpoint, tf } from "../../src/tensorflow";
import { fetchWeights } from "../../src";
import { openWeights } from "../../src/weights/formats/open";
import { writeSafetensors } from "../../src/weights/formats/safetensorswriter";
import { MAPPINGS } from "../../src/weights/mappings";
import { keras } from "../../src/weights/published/keras";
import { timm } from "../../src/weights/published/timm";
import { torchvision } from "../../src/weights/published/torchvision";
import { timmConfigBeside } from "../../src/weights/timmconfig";
import { pattern } from "../patterns";
import { closedAddress, cutOff, serve, withServer } from "../localserver";
import { temporaryFolder } from "../temporary";

const scratch = temporaryFolder("published");
const values = pattern("published", [300, 100]);
let file: Buffer = Buffer.alloc(0);
let sha256 = "";
before(async () => {
  const made = join(scratch, "made.safetensors");
  await writeSafetensors(made, [{ name: "fc.weight", shape: [300, 100], values }]);
  file = readFileSync(made);
  sha256 = createHash("sha256").update(file).digest("hex");
});
const folderOf = (name: string): string => join(scratch, name);

const PIXELS = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** Hugging Face, with one model. */
function huggingFace(
  request: IncomingMessage,
  response: ServerResponse,
  changed: { readonly hash?: string; readonly size?: number } = {},
): void {
  const { url = "", method } = request;
  if (url === "/timm/resnet50.a1_in1k/resolve/main/config.json")
    response.end(JSON.stringify({ architecture: "resnet50", pretrained_cfg: PIXELS }));
  else if (url === "/api/models/timm/resnet50.a1_in1k")
    response.end(JSON.stringify({ id: "timm/resnet50.a1_in1k", cardData: { license: "apache-2.0" } }));
  else if (url !== "/timm/resnet50.a1_in1k/resolve/main/model.safetensors") {
    if (url === "/storage") serve(request, response, file);
    else response.writeHead(401).end("Repository not found");
  } else {
    const linked = {
      "x-linked-size": changed.size ?? file.length,
      "x-linked-etag": `"${changed.hash ?? sha256}"`,
    };
    response.writeHead(302, { location: "/storage", ...linked }).end(method === "HEAD" ? undefined : "Found");
  }
}

test("timm's weights come from Hugging Face, with size, hash and license as it says, and once", async () => {
  const folder = folderOf("timm");
  await withServer(
    (request, response) => huggingFace(request, response),
    async ({ url, asked }) => {
      const seen: number[] = [];
      const onProgress = ({ done, total = NaN }: { done: number; total: number | undefined }): void =>
        void seen.push(done / total);
      const fetched = await fetchWeights("timm/resnet50", { folder, baseUrl: url, onProgress });
      const path = join(folder, "timm", "resnet50.a1_in1k", "model.safetensors");
      assert.deepEqual(fetched, {
        ...{ path, name: "timm/resnet50", source: "timm", tag: "a1_in1k", license: "apache-2.0" },
        ...{ url: `${url}timm/resnet50.a1_in1k/resolve/main/model.safetensors`, bytes: file.length, sha256 },
      });
      assert.equal(seen.at(-1), 1);
      const { name, preprocessing } = timmConfigBeside(path) ?? assert.fail(path);
      assert.deepEqual([name, preprocessing], ["timm/resnet50", "torch"]);
      const requests = asked.length;
      assert.deepEqual(
        await fetchWeights("timm/resnet50.a1_in1k", { folder, baseUrl: "http://127.0.0.1:1/" }),
        fetched,
      );
      assert.equal(asked.length, requests);
      const weights = await openWeights(fetched.path);
      assert.deepEqual(weights.read("fc.weight"), values);
      weights.close();
      writeFileSync(path, "damaged");
      assert.deepEqual(await fetchWeights("timm/resnet50", { folder, baseUrl: url }), fetched);
      assert.deepEqual(readFileSync(path), file);
      await assert.rejects(fetchWeights("timm/resnet50.a9_in1k", { folder, baseUrl: url }), {
        name: "RangeError",
        message:
          /^Cannot fetch weights "timm\/resnet50.a9_in1k": expected a name such as "timm\/resnet50.a1_in1k"/,
      });
    },
  );
});

test("a connection that is cut goes on where it was; another size or hash is refused", async () => {
  const folder = folderOf("cut");
  let isCut = false;
  await withServer(
    (request, response) => {
      if (request.url === "/storage" && !isCut) {
        isCut = true;
        cutOff(response, file, 50_000, folder);
      } else huggingFace(request, response);
    },
    async ({ url, asked }) => {
      assert.equal((await fetchWeights("timm/resnet50", { folder, baseUrl: url })).sha256, sha256);
      assert.match(asked.at(-1) ?? "", /^\/storage bytes=[1-9]\d*-$/);
    },
  );
  const wrong = async (changed: Parameters<typeof huggingFace>[2], message: RegExp): Promise<void> =>
    withServer(
      (request, response) => huggingFace(request, response, changed),
      async ({ url }) => {
        const where = folderOf("wrong");
        await assert.rejects(fetchWeights("timm/resnet50", { folder: where, baseUrl: url }), message);
        assert.deepEqual(readdirSync(join(where, "timm", "resnet50.a1_in1k")), ["config.json"]);
      },
    );
  await wrong(
    { hash: "0".repeat(64) },
    new RegExp(`expected SHA-256 0{64}, got ${sha256}: a safetensors file$`),
  );
  await wrong({ size: 7 }, new RegExp(`expected 7 bytes, got ${file.length}: a safetensors file$`));
});

test("torchvision's and Keras' files are asked for by their names, and must have the hashes that are published", async () => {
  const folder = folderOf("others");
  await withServer(
    (request, response) => serve(request, response, file),
    async ({ url, asked }) => {
      const digits = (name: string): Promise<unknown> => fetchWeights(name, { folder, baseUrl: url });
      await assert.rejects(
        digits("torchvision/resnet50"),
        new RegExp(`resnet50-11ad3fa6.pth": expected SHA-256 11ad3fa6, got ${sha256}`),
      );
      await assert.rejects(digits("torchvision/resnet50.IMAGENET1K_V1"), /SHA-256 0676ba61, got/);
      await assert.rejects(
        digits("keras/resnet50"),
        /MD5 2cb95161c43110f7111970584f804107, got [0-9a-f]{32}/,
      );
      await assert.rejects(digits("keras/convnext_tiny"), /SHA-256 8ae6e78ce2933352b1ef4008e6dd2f17bc/);
      assert.deepEqual(
        asked.map((line) => line.split(" ")[0]),
        [
          "/resnet50-11ad3fa6.pth",
          "/resnet50-0676ba61.pth",
          "/tensorflow/keras-applications/resnet/resnet50_weights_tf_dim_ordering_tf_kernels.h5",
          "/tensorflow/keras-applications/convnext/convnext_tiny.h5",
        ],
      );
      const { license, tag, path } = await fetchWeights("keras/mobilenet", { folder, baseUrl: url });
      assert.deepEqual([license, tag, existsSync(path)], ["Apache-2.0", "imagenet", true]);
    },
  );
  for (const network of torchvision.networks) {
    const { sha256, license, address } = await torchvision.find(
      network,
      torchvision.tagOf(network, undefined),
      { baseUrl: "" },
    );
    assert.match(
      `${sha256 ?? ""} ${license} ${address}`,
      /^[0-9a-f]{8} none stated: .* [\w-]+-[0-9a-f]{8}\.pth$/,
      network,
    );
  }
  for (const network of keras.networks) {
    const { sha256, md5 = sha256, license } = await keras.find(network, "imagenet", { baseUrl: "" });
    assert.match(
      md5 ?? "none",
      network.startsWith("mobilenet") ? /^(none|[0-9a-f]{32})$/ : /^([0-9a-f]{32}){1,2}$/,
      network,
    );
    assert.notEqual(license, "", network);
  }
});

test("TF-Slim's checkpoints are those of fetchCheckpoint(), also where an archive has two", async () => {
  const folder = folderOf("slim");
  const contents = folderOf("v3");
  for (const kind of ["ema", "pristine"]) {
    mkdirSync(join(contents, "v3", kind), { recursive: true });
    const weights = tf.fill([3, 3, 3, 16], kind === "ema" ? 1 : 2);
    saveCheckpoint(join(contents, "v3", kind, kind === "ema" ? "model-7" : "model.ckpt-7"), {
      "MobilenetV3/Conv/weights": weights,
    });
    weights.dispose();
  }
  const archive = join(scratch, "v3.tgz");
  await create({ gzip: true, cwd: contents, file: archive }, ["v3"]);
  await withServer(
    (request, response) => serve(request, response, readFileSync(archive)),
    async ({ url, asked }) => {
      const { path, tag, license, name, ...rest } = await fetchWeights("slim/mobilenet_v3_large", {
        folder,
        baseUrl: url,
      });
      assert.equal(path, join(folder, "slim", "mobilenet_v3_large", "v3", "ema", "model-7"));
      assert.deepEqual([tag, name], ["v3-large_224_1.0_float", "slim/mobilenet_v3_large"]);
      assert.match(license, /Apache-2.0/);
      assert.equal(rest.url, `${url}mobilenet_v3/checkpoints/v3-large_224_1.0_float.tgz`);
      const weights = await openWeights(path);
      assert.equal(weights.read("MobilenetV3/Conv/weights")[0], 1);
      weights.close();
      await assert.rejects(
        fetchWeights("slim/vgg_16", { folder, baseUrl: url }),
        /expected "vgg_16\/conv1\/conv1_1\/weights" of shape/,
      );
      assert.equal(asked.length, 2);
    },
  );
});

test("names that no source has are refused with the nearest, and being offline in one line", async () => {
  const folder = folderOf("none");
  const baseUrl = await closedAddress();
  const refuse = (name: string, message: RegExp): Promise<void> =>
    assert.rejects(fetchWeights(name, { folder, baseUrl }), { message });
  await refuse(
    "torchvision/resnet5O",
    /"torchvision\/resnet5O": expected a name such as "torchvision\/resnet50"/,
  );
  await refuse("torchvision/resnet50.V2", /such as "torchvision\/resnet50.IMAGENET1K_V[12]"/);
  await refuse("keras/resnet50.v2", /such as "keras\/resnet50/);
  await refuse("slim/alexnet_v2", /"slim\/alexnet_v2": expected a name such as /);
  await refuse("timm/mystery", /such as "timm\//);
  await refuse("resnet50", /such as ".*resnet50"/);
  await refuse("torch/resnet50", /such as "torchvision\/resnet50", /);
  const offline =
    /^Cannot fetch "http:\/\/127.0.0.1:\d+\/.*": expected an answer from 127.0.0.1:\d+, got none \(ECONNREFUSED\); is this machine online\?$/;
  await refuse("timm/resnet50", offline);
  await refuse("torchvision/resnet50", offline);
  await refuse("slim/resnet_v1_50", offline);
});

test("what is not there is said with its address; without a folder the cache's is taken", async () => {
  const cache = folderOf("cache");
  const given = process.env["XDG_CACHE_HOME"];
  process.env["XDG_CACHE_HOME"] = cache;
  try {
    await withServer(
      ({ url }, response) =>
        void (url?.endsWith(".h5") === true ? response.end(file) : response.writeHead(404).end()),
      async ({ url }) => {
        await assert.rejects(
          fetchWeights("torchvision/alexnet", { baseUrl: url }),
          /alexnet-owt-7be5be79.pth": expected a file, got 404 Not Found$/,
        );
        const { path } = await fetchWeights("keras/mobilenet", { baseUrl: url });
        assert.equal(
          path,
          join(cache, "slimlab", "weights", "keras", "mobilenet.imagenet", "mobilenet_1_0_224_tf.h5"),
        );
      },
    );
  } finally {
    if (given === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = given;
  }
});

/** Networks of which nothing is published: TF-Slim's without a checkpoint, timm's without training. */
const UNPUBLISHED =
  /^slim\/(alexnet_v2|vgg_a|resnet_v[12]_200)$|^timm\/(mobilenetv2_0(35|75)|resnet200|resnetv2_152|seresnet(18|34|101|152)|resnetblur18)$/;

test("what importWeights() knows can be fetched, by the same name", () => {
  const named = { torchvision, keras, timm };
  const files = Object.entries(named).flatMap(([source, { networks }]) =>
    networks.map((one) => `${source}/${one}`),
  );
  const known = new Set([...files, ...Object.keys(CHECKPOINTS).map((name) => `slim/${name}`)]);
  const networks = MAPPINGS.map(({ name }) => name.replace(/\..*$/, ""));
  assert.deepEqual(
    networks.filter((name) => !known.has(name) && !UNPUBLISHED.test(name)),
    [],
  );
});
