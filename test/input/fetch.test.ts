import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { create } from "tar";
import { fetchCheckpoint, fetchFlowerPhotos } from "../../src/input/downloads";
import { fetchFile } from "../../src/input/fetch";
import { memory, saveCheckpoint, tf } from "../../src/tensorflow";
import { closedAddress, cutOff, serve, withServer } from "../localserver";

const scratch = mkdtempSync(path.join(tmpdir(), "slimlab-fetch-"));
after(() => rmSync(scratch, { recursive: true }));

const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251));
const sha256 = createHash("sha256").update(content).digest("hex");

const namesOf = (start: string): string[] => readdirSync(scratch).filter((name) => name.startsWith(start));

test("fetchFile() brings a file whole, tells how far it is, and brings it once", async () => {
  const target = path.join(scratch, "whole", "file");
  await withServer(
    (request, response) => serve(request, response, content),
    async ({ url, asked }) => {
      const seen: number[] = [];
      const onProgress = ({ done, total = NaN }: { done: number; total: number | undefined }): number =>
        seen.push(done / total);
      const options = { bytes: content.length, sha256, onProgress };
      assert.equal(await fetchFile(`${url}a`, target, options), target);
      assert.deepEqual(readFileSync(target), content);
      assert.equal(seen.at(-1), 1);
      await fetchFile(`${url}a`, target, options);
      assert.deepEqual(asked, ["/a whole"]);
      assert.deepEqual(readdirSync(path.dirname(target)), ["file"]);
    },
  );
});

test("fetchFile() goes on where the connection was cut", async () => {
  const target = path.join(scratch, "cut");
  await withServer(
    (request, response, number) =>
      number === 1 ? cutOff(response, content, 100_000, target) : serve(request, response, content),
    async ({ url, asked }) => {
      await fetchFile(`${url}a`, target, { sha256 });
      assert.deepEqual(readFileSync(target), content);
      assert.match(asked[1] ?? "", /^\/a bytes=[1-9]\d*-$/);
    },
  );
});

test("fetchFile() starts anew when the file has changed meanwhile", async () => {
  const target = path.join(scratch, "changed");
  const later = Buffer.from(content).reverse();
  await withServer(
    (request, response, number) =>
      number === 1 ? cutOff(response, content, 100_000, target) : serve(request, response, later, '"2"'),
    async ({ url }) => {
      await fetchFile(`${url}a`, target);
      assert.deepEqual(readFileSync(target), later);
    },
  );
});

test("fetchFile() goes on with the part of an earlier run, unless it is of another file", async () => {
  const target = path.join(scratch, "earlier");
  await withServer(
    (request, response) => serve(request, response, content),
    async ({ url, asked }) => {
      writeFileSync(`${target}.part`, content.subarray(0, 1000));
      await fetchFile(`${url}a`, target, { sha256 });
      writeFileSync(`${target}2.part`, content);
      await fetchFile(`${url}a`, `${target}2`, { sha256 });
      writeFileSync(`${target}3.part`, "something else");
      await fetchFile(`${url}a`, `${target}3`, { sha256 });
      for (const end of ["", "2", "3"]) assert.deepEqual(readFileSync(`${target}${end}`), content);
      assert.deepEqual(asked, ["/a bytes=1000-", "/a bytes=300000-", "/a bytes=14-", "/a whole"]);
    },
  );
});

test("fetchFile() brings a file once for all who ask at the same time", async () => {
  const target = path.join(scratch, "shared");
  await withServer(
    (request, response) => void setTimeout(() => serve(request, response, content), 50),
    async ({ url, asked }) => {
      await Promise.all([0, 1, 2].map(() => fetchFile(url, target)));
      assert.equal(asked.length, 1);
    },
  );
  assert.deepEqual(readFileSync(target), content);
  assert.deepEqual(namesOf("shared"), ["shared"]);
});

test("fetchFile() takes no part from elsewhere, nor of another version, nor nothing, as the rest", async () => {
  const answers: Readonly<
    Record<string, readonly [headers: Readonly<Record<string, string>>, from: number]>
  > = {
    elsewhere: [{ "content-range": `bytes 7-${content.length - 1}/${content.length}`, etag: '"1"' }, 7],
    another: [{ etag: '"2"' }, 500],
  };
  for (const [name, [headers, from]] of Object.entries(answers))
    await withServer(
      (request, response, number) => {
        if (number === 1) cutOff(response, content, 500, path.join(scratch, name));
        else if (number === 2) response.writeHead(206, headers).end(content.subarray(from));
        else serve(request, response, content);
      },
      async ({ url }) => {
        assert.deepEqual(readFileSync(await fetchFile(url, path.join(scratch, name))), content);
        assert.deepEqual(namesOf(name), [name]);
      },
    );
  await withServer(
    (_, response) => void response.writeHead(204).end(),
    async ({ url }) =>
      assert.rejects(fetchFile(url, path.join(scratch, "nothing")), /expected a file, got an empty one$/),
  );
});

test("fetchFile() says where it can't write", async () => {
  const blocked = path.join(scratch, "blocked");
  writeFileSync(blocked, "");
  await assert.rejects(
    fetchFile("http://127.0.0.1:9/x", path.join(blocked, "x")),
    /^Error: Cannot fetch ".*": expected to write ".*blocked\/x", got E(NOTDIR|EXIST)/,
  );
});

test("fetchFile() refuses a file of another size or hash, and leaves nothing", async () => {
  const target = path.join(scratch, "wrong");
  await withServer(
    (request, response) => serve(request, response, content),
    async ({ url }) => {
      await assert.rejects(fetchFile(`${url}a`, target, { bytes: 7 }), /a": expected 7 bytes, got 300000$/);
      await assert.rejects(
        fetchFile(`${url}a`, target, { sha256: "0".repeat(64) }),
        new RegExp(`expected SHA-256 0{64}, got ${sha256}$`),
      );
      assert.ok(!existsSync(target) && !existsSync(`${target}.part`));
    },
  );
});

test("fetchFile() tells what came in place of a file of another size or hash", async () => {
  const target = path.join(scratch, "page");
  await withServer(
    (request, response) => serve(request, response, Buffer.from("<html><body>Log in</body></html>")),
    async ({ url }) =>
      assert.rejects(
        fetchFile(`${url}a`, target, { bytes: 7 }),
        /expected 7 bytes, got 32: an HTML page, as of a failed download$/,
      ),
  );
  await withServer(
    (request, response) => serve(request, response, Buffer.from("<html></html>")),
    async ({ url }) =>
      assert.rejects(
        fetchCheckpoint("resnet_v1_50", path.join(scratch, "pages"), { baseUrl: url }),
        /expected a tar archive, got an HTML page, as of a failed download$/,
      ),
  );
});

test("fetchFile() says at once what does not get better, and gives up on what does not", async () => {
  await withServer(
    (_, response, number) => void response.writeHead(number === 1 ? 404 : 503).end(),
    async ({ url, asked }) => {
      const target = path.join(scratch, "never");
      await assert.rejects(fetchFile(`${url}a`, target), /expected a file, got 404 Not Found$/);
      assert.equal(asked.length, 1);
      await assert.rejects(
        fetchFile(`${url}a`, target, { retries: 1 }),
        /expected a file, got 503 Service Unavailable, 2 times$/,
      );
    },
  );
});

test("fetchFile() tells in one line that there is no connection", async () => {
  const words =
    /^Cannot fetch "http:\/\/127.0.0.1:\d+\/a": expected an answer from 127.0.0.1:\d+, got none \(ECONNREFUSED\); is this machine online\?$/;
  await assert.rejects(fetchFile(`${await closedAddress()}a`, path.join(scratch, "offline")), {
    message: words,
  });
});

test("fetchFile() stops at an abort and keeps what has come", async () => {
  const target = path.join(scratch, "stopped");
  const stop = new AbortController();
  await withServer(
    (_, response) => {
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, 5000));
    },
    async ({ url }) => {
      const options = { signal: stop.signal, onProgress: () => void setTimeout(() => stop.abort(), 20) };
      await assert.rejects(fetchFile(`${url}a`, target, options), { name: "AbortError" });
      assert.equal(readFileSync(`${target}.part`).length, 5000);
    },
  );
});

/** A checkpoint as an archive, with a first layer of `shape`. */
async function checkpointArchive(
  name: string,
  shape: readonly [number, number, number, number],
): Promise<Buffer> {
  const folder = path.join(scratch, name);
  mkdirSync(folder);
  const weights = tf.zeros([...shape]);
  saveCheckpoint(path.join(folder, "resnet_v1_50.ckpt"), { "resnet_v1_50/conv1/weights": weights });
  weights.dispose();
  const file = path.join(scratch, `${name}.tar.gz`);
  await create({ gzip: true, cwd: folder, file }, readdirSync(folder));
  return readFileSync(file);
}

test("fetchCheckpoint() unpacks a checkpoint, checks it, and brings it once", async () => {
  const before = memory();
  const archive = await checkpointArchive("right", [7, 7, 3, 64]);
  const folder = path.join(scratch, "checkpoints");
  await withServer(
    (request, response) => serve(request, response, archive),
    async ({ url, asked }) => {
      const checkpoint = await fetchCheckpoint("resnet_v1_50", folder, { baseUrl: url });
      assert.equal(checkpoint, path.join(folder, "resnet_v1_50", "resnet_v1_50.ckpt"));
      assert.equal(await fetchCheckpoint("resnet_v1_50", folder, { baseUrl: url }), checkpoint);
      assert.deepEqual(asked, ["/models/resnet_v1_50_2016_08_28.tar.gz whole"]);
      assert.deepEqual(readdirSync(folder), ["resnet_v1_50"]);
    },
  );
  assert.deepEqual(memory(), before);
});

test("fetchCheckpoint() refuses another network's checkpoint, and what is no archive", async () => {
  const archive = await checkpointArchive("other", [3, 3, 3, 64]);
  const folder = path.join(scratch, "refused");
  await withServer(
    (request, response, number) => serve(request, response, number === 1 ? archive : content),
    async ({ url }) => {
      await assert.rejects(
        fetchCheckpoint("resnet_v1_50", folder, { baseUrl: url }),
        /expected "resnet_v1_50\/conv1\/weights" of shape \[7,7,3,64\], got \[3,3,3,64\]$/,
      );
      await assert.rejects(
        fetchCheckpoint("resnet_v1_50", folder, { baseUrl: url }),
        /Cannot unpack ".*gz": expected a tar archive, got /,
      );
      assert.deepEqual(readdirSync(folder), []);
    },
  );
});

test("fetchFlowerPhotos() gives the folder of class folders", async () => {
  const folder = path.join(scratch, "flowers");
  const kinds = ["daisy", "dandelion", "roses", "sunflowers", "tulips"];
  for (const kind of kinds) mkdirSync(path.join(folder, "flower_photos", kind), { recursive: true });
  const file = path.join(scratch, "flowers.tgz");
  await create({ gzip: true, cwd: folder, file }, ["flower_photos"]);
  const out = path.join(scratch, "garden");
  await withServer(
    (request, response) => serve(request, response, readFileSync(file)),
    async ({ url, asked }) => {
      const photos = await fetchFlowerPhotos(out, { baseUrl: url });
      assert.deepEqual(readdirSync(photos), kinds);
      assert.deepEqual(asked, ["/example_images/flower_photos.tgz whole"]);
    },
  );
});
