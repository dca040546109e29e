/** Files of torch.save() against what torch reads of them, and those that are refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openWeights } from "../../src/weights/formats/open";
import { openTorchFile } from "../../src/weights/formats/torchfile";
import { expectTensors, fileOf, oracle } from "./files";

for (const [name, { file, tensors }] of Object.entries(oracle.torch))
  test(`a file of torch.save() is read as torch does: ${name}`, async () => {
    const weights = await openWeights(fileOf("weights.pth", file));
    assert.equal(weights.format, "torch");
    expectTensors(weights, tensors);
    weights.close();
    const [first = ""] = Object.keys(tensors);
    assert.throws(() => weights.read(first), /the file is closed/);
  });

async function metadataOf(name: string): Promise<Readonly<Record<string, string>>> {
  const file = await openTorchFile(fileOf("weights.pth", oracle.torch[name]?.file ?? ""));
  file.close();
  return file.metadata;
}

test("what stands beside the tensors is told, and which were chosen", async () => {
  assert.deepEqual(await metadataOf("state_dict"), {
    arch: "resnet50",
    epoch: "90",
    rate: "0.5",
    big: String(2n ** 70n),
    is: "true",
    stateDict: "state_dict",
    otherStateDicts: "state_dict_ema",
  });
  assert.deepEqual(await metadataOf("model"), { stateDict: "model", otherStateDicts: "model_ema" });
  assert.deepEqual(await metadataOf("average alone"), { stateDict: "state_dict_ema" });
  assert.deepEqual(await metadataOf("lightning"), {
    "pytorch-lightning_version": "2.5",
    stateDict: "state_dict",
    prefix: "model.",
  });
  assert.deepEqual(await metadataOf("options"), { stateDict: "model" });
  assert.deepEqual(await metadataOf("module._orig_mod."), { prefix: "module._orig_mod." });
  assert.deepEqual(await metadataOf("averaged"), { prefix: "module." });
  assert.deepEqual(await metadataOf("state"), {});
});

test("another set of weights is taken where it is asked for, of torch's files alone", async () => {
  const path = fileOf("weights.pth", oracle.torch["state_dict"]?.file ?? "");
  const [plain, average] = [await openWeights(path), await openWeights(path, "state_dict_ema")];
  assert.equal(average.metadata["otherStateDicts"], "state_dict");
  const half = plain.read("0.weight").map((value) => value / 2);
  assert.deepEqual(average.read("0.weight"), half);
  for (const file of [plain, average]) file.close();
  await assert.rejects(
    openWeights(path, "ema"),
    /expected tensors under "ema", got a dict of "arch", "epoch"/,
  );
  const single = fileOf("weights.safetensors", oracle.safetensors["single"]?.file ?? "");
  await assert.rejects(openWeights(single, "ema"), {
    name: "RangeError",
    message: /expected stateDict for a file of torch.save\(\) alone, got it for safetensors$/,
  });
});

const reasons: Readonly<Record<string, RegExp>> = {
  exec: /no other code of a file is run\) for the pickle's instruction GLOBAL at byte \d+, got "(__builtin__|builtins)\.exec"/,
  "exec before": /instruction GLOBAL at byte \d+, got "(__builtin__|builtins)\.exec"/,
  numpy: /got "numpy._core.multiarray.scalar"/,
  module: /got "torch.nn.modules.linear.Linear"/,
  set: /got "(__builtin__|builtins)\.set"/,
  defaultdict: /got "collections.defaultdict"/,
  conjugate: /a tensor without flags for the pickle's instruction REDUCE at byte \d+, got a dict of 1/,
  sparse: /got "torch._utils._rebuild_sparse_tensor"/,
  tensor: /expected a dict of tensors by name, or one under "state_dict", .*, got a tensor \[1\]/,
  empty: /got a dict of nothing/,
  others: /got a dict of "student", "teacher"; give \{ stateDict: "student" \} for those$/,
  numbers: /expected tensors by name, got one by 1/,
  scripted: /expected tensors of torch.save\(\), got a program of torch.jit.save\(\)/,
  compressed:
    /expected "archive\/byteorder" stored without compression at byte \d+, got an entry compressed by method 8/,
  pickle: /expected safetensors, a file of torch.save\(\).*, got a pickle of Python/,
};

for (const [name, file] of Object.entries(oracle.refused))
  test(`a file of torch.save() is refused by what it has: ${name}`, async () => {
    const path = fileOf("refused.pth", file);
    await assert.rejects(openWeights(path), reasons[name] ?? /no reason is expected/);
    await assert.rejects(
      openWeights(path),
      /^Error: Cannot (read|open weights) ".*refused\.pth": expected .*, got /s,
    );
  });
