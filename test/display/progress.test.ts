import assert from "node:assert/strict";
import test from "node:test";
import { bundleOf, progressBar, type MimeBundle } from "../../src/display";

test("progressBar() tells how much is done and to go, escapes its title and ends with the last update", () => {
  const updates: MimeBundle[] = [];
  const bar = progressBar("Writing <records>");
  const nothing = (): void => undefined;
  const context = {
    publish: nothing,
    publishOnce: nothing,
    update: (bundle: MimeBundle) => void updates.push(bundle),
  };
  assert.equal(bundleOf(bar, context)["text/plain"], "Writing <records>: 0, 0.0 s");
  bar.update({ done: 10, total: 40 });
  assert.match(
    updates[0]?.["text/plain"] ?? "",
    /^Writing <records>: 10 of 40, \d+\.\d s, about \d+ s to go$/,
  );
  for (let done = 11; done <= 40; done++) bar.update({ done, total: 40 });
  const last = updates[updates.length - 1];
  assert.match(last?.["text/plain"] ?? "", /^Writing <records>: 40 of 40, \d+\.\d s$/);
  assert.match(String(last?.["text/html"]), /Writing &lt;records&gt;.*max="40" value="40"/);
  assert.equal(updates.length, 2);
});

test("progressBar() tells parts of one in percent", () => {
  const bar = progressBar("Learning");
  bar.update({ done: 0.578, total: 1 });
  assert.match(bundleOf(bar)["text/plain"], /^Learning: 57 %, \d+\.\d s, about \d+ s to go$/);
  bar.update({ done: 1, total: 1 });
  assert.match(bundleOf(bar)["text/plain"], /^Learning: 100 %, \d+\.\d s$/);
});
