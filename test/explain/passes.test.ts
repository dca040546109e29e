import assert from "node:assert/strict";
import { test } from "node:test";
import { explain, explainMethods, occlusion, rise, scoreCam, type ExplainOptions } from "../../src/explain";
import { memory, tf } from "../../src/tensorflow";
import { torchImages, torchModel } from "./torchnet";

const [model, images] = [torchModel(), torchImages()];
const endpoint = "resnet_v1_14/block2"; // 128 channels
const WAYS = {
  scoreCam: explainMethods.scoreCam,
  ablationCam: explainMethods.ablationCam,
  occlusion: explainMethods.occlusion,
  rise: rise({ masks: 40 }),
};

async function valuesOf(options: ExplainOptions): Promise<number[]> {
  const heat = await explain(model, images, { endpoint, ...options });
  const values = [...(await heat.values.data())];
  tf.dispose(heat);
  return values;
}

function assertAlike(got: readonly number[], wanted: readonly number[], tolerance = 1e-5): void {
  assert.equal(got.length, wanted.length);
  const greatest = Math.max(...wanted.map(Math.abs));
  got.forEach((value, i) => assert.ok(Math.abs(value - (wanted[i] ?? NaN)) <= tolerance * greatest, `${i}: ${value} and ${wanted[i]}`)); // prettier-ignore
}

for (const [name, method] of Object.entries(WAYS)) {
  test(`${name} does not depend on the chunks nor on the order of images, and takes functions of one's own`, async () => {
    const classIndex = [1, 3];
    const whole = await valuesOf({ method, classIndex });
    assertAlike(await valuesOf({ method, classIndex, chunk: 7 }), whole);
    assertAlike(await valuesOf({ method, classIndex, chunk: 1000 }), whole);
    const target = classIndex.map(
      (one) =>
        ({ logits }: { readonly logits: tf.Tensor2D }) =>
          tf.slice(logits, [0, one], [-1, 1]),
    );
    assertAlike(await valuesOf({ method, target }), whole);
    const second = tf.slice(images, [1, 0, 0, 0], [1, -1, -1, -1]);
    const alone = await explain(model, second, { endpoint, method, classIndex: 3 });
    assertAlike([...(await alone.values.data())], whole.slice(whole.length / 2));
    tf.dispose([second, alone]);
  });

  test(`${name} tells how far it is and, stopped, keeps nothing`, async () => {
    const told: { readonly done: number; readonly total: number }[] = [];
    const of = method.of === "endpoint" ? [endpoint, "resnet_v1_14/block1"] : [endpoint];
    await valuesOf({ method, endpoint: of, chunk: 16, onProgress: (progress) => told.push(progress) });
    const shares = told.map(({ done, total }) => done / total);
    assert.ok(shares.length >= 4);
    shares.forEach((share, i) => assert.ok(share > (shares[i - 1] ?? 0) && share <= 1));
    assert.equal(shares.at(-1), 1);

    const before = memory().tensors;
    const stop = new AbortController();
    const calls: number[] = [];
    const onProgress = (): void => {
      if (calls.push(0) === 2) stop.abort(new Error("enough"));
    };
    await assert.rejects(explain(model, images, { endpoint, method, chunk: 8, onProgress, signal: stop.signal }), { message: "enough" }); // prettier-ignore
    assert.equal(calls.length, 2);
    assert.equal(memory().tensors, before);
  });
}

test("Score-CAM of a channel counts where it lies alone, and of all is more than of few", async () => {
  const [few, all] = [await valuesOf({ method: scoreCam({ channels: 4 }) }), await valuesOf({ method: "scoreCam" })]; // prettier-ignore
  assert.notDeepEqual(few, all);
  const told: number[] = [];
  await valuesOf({ method: scoreCam({ channels: 4 }), onProgress: ({ total }) => told.push(total) });
  assert.equal(told.at(-1), 2 * 4);
  assertAlike(await valuesOf({ method: scoreCam({ channels: 1e6 }) }), all);
});

test("methods of many passes refuse options that make no sense, by name", async () => {
  const refused = (make: () => unknown, message: RegExp): void => assert.throws(make, { message });
  refused(
    () => scoreCam({ channels: 0 }),
    /^Cannot explain by scoreCam: expected channels to be a whole number from 1 on, got 0/,
  );
  refused(() => rise({ masks: 0.5 }), /^Cannot explain by rise: expected masks to be a whole number/);
  refused(
    () => rise({ probability: 1 }),
    /^Cannot explain by rise: expected a probability between 0 and 1, got 1/,
  );
  refused(() => rise({ seed: NaN }), /^Cannot explain by rise: expected seed to be a whole number, got NaN/);
  refused(
    () => occlusion({ fill: NaN }),
    /^Cannot explain by occlusion: expected fill to be finite, got NaN/,
  );
  const atCall = (method: ExplainOptions["method"], message: RegExp): Promise<void> =>
    assert.rejects(valuesOf({ ...(method !== undefined && { method }) }), { message });
  await atCall(occlusion({ window: 65 }), /expected a window of at most the images' 64 x 64, got 65/);
  await atCall(occlusion({ window: 8, stride: 9 }), /expected stride to be at most the window's 8, got 9/);
});

test("methods of many passes compute in bfloat16 if told to, nearly alike", async () => {
  for (const method of [WAYS.rise, WAYS.scoreCam]) {
    const [exact, rounded] = [await valuesOf({ method }), await valuesOf({ method, precision: "bfloat16" })];
    assert.notDeepEqual(rounded, exact);
    assertAlike(rounded, exact, 0.1);
  }
});

test("RISE draws the same masks each time, others by another seed", async () => {
  const once = await valuesOf({ method: rise({ masks: 40 }) });
  assert.deepEqual(await valuesOf({ method: rise({ masks: 40 }) }), once);
  assert.notDeepEqual(await valuesOf({ method: rise({ masks: 40, seed: 1 }) }), once);
});
