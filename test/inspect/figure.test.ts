import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf, type MimeBundle } from "../../src/display/bundle";
import { figure } from "../../src/inspect/figure";
import { STANDARD } from "../../src/inspect/page";

const bars = figure([{ type: "bar", name: "</script>", x: ["hat", "shoes"], y: [12, 73] }], {
  title: { text: "Photos" },
});

/** A kernel's part of a display: what was published once, by key. */
function createContext() {
  const published = new Map<string, MimeBundle>();
  const updates: MimeBundle[] = [];
  return {
    published,
    updates,
    publish: () => undefined,
    publishOnce: (key: string, bundle: () => MimeBundle) =>
      void (published.has(key) || published.set(key, bundle())),
    update: (bundle: MimeBundle) => void updates.push(bundle),
  };
}

test("figure() brings plotly.js along with the first bundle only, if there is no kernel", () => {
  const [first, second] = [bundleOf(bars), bundleOf(bars)];
  assert.ok(String(first["text/html"]).length > 1_000_000);
  assert.ok(String(second["text/html"]).length < 20_000);
});

test("figure() shows Plotly JSON, HTML and a line of text as one bundle, plotly.js before it", () => {
  const context = createContext();
  const bundle = bundleOf(bars, context);
  assert.deepEqual(Object.keys(bundle), [
    "application/vnd.plotly.v1+json",
    "text/html",
    "text/plain",
    "image/png",
  ]);
  assert.deepEqual(bundle["application/vnd.plotly.v1+json"], {
    data: [{ type: "bar", name: "</script>", x: ["hat", "shoes"], y: [12, 73] }],
    layout: { ...STANDARD, margin: { t: 48, r: 24, b: 48, l: 64 }, title: { text: "Photos" } },
  });
  const still = `src="data:image/png;base64,${String(bundle["image/png"])}"`;
  assert.ok(String(bundle["text/html"]).includes(still), "for where scripts are not run");
  assert.equal(bundle["text/plain"], 'Figure "Photos": </script> (2 points, last 73)');
  assert.deepEqual([...context.published.keys()], ["plotly.js"]);
});

test("figure() keeps text that looks like the end of a script out of its HTML", () => {
  const html = String(bundleOf(bars, createContext())["text/html"]);
  assert.equal(html.match(/<\/script>/g)?.length, 1);
  assert.match(html, /\\u003c\/script>/);
});
