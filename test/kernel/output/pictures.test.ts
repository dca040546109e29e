/** Pictures' files, elements, canvases and charts. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { sidesOf } from "../../../kernel/output/drawings/sides";
import { python, skip } from "../../python";
import { temporaryFolder } from "../../temporary";
import { html, pngOf, shown, told } from "./shown";

test("bytes of a PNG are drawn as they are, with Node's text", async () => {
  const png = pngOf(3, 2);
  for (const value of [
    png,
    new Uint8Array(png),
    png.buffer.slice(png.byteOffset, png.byteOffset + png.length),
  ]) {
    assert.deepEqual(await shown(value), {
      "image/png": png.toString("base64"),
      "text/plain": inspect(value),
    });
  }
  assert.equal((await shown(new Blob([png], { type: "image/png" })))["image/png"], png.toString("base64"));
});

test("other bytes are shown as Node shows them", async () => {
  for (const value of [Buffer.from("text"), Buffer.alloc(0), new Uint8Array(8), new ArrayBuffer(4)])
    assert.deepEqual(await shown(value), { "text/plain": inspect(value) });
});

test("SVG stands in an image, where scripts don't run", async () => {
  const svg = `<?xml version="1.0"?>\n<!-- by hand -->\n<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>`;
  const data = await shown(Buffer.from(svg));
  assert.equal(data["image/svg+xml"], svg);
  assert.match(String(data["text/html"]), /^<img [^>]*src="data:image\/svg\+xml;base64,[\w+/=]+">$/);
});

test("too many bytes or pixels are told, not drawn", async () => {
  const large = Buffer.concat([pngOf(1, 1), Buffer.alloc(6 * 1024 * 1024)]);
  assert.deepEqual(await told(large), ["image/png of 6.0 MB, not drawn: over 5.0 MB"]);
  const wide = pngOf(1, 1);
  wide.writeUInt32BE(100_000, 16);
  wide.writeUInt32BE(1_000, 20);
  const [why] = await told(wide);
  assert.equal(why, "image/png of 100,000 × 1,000 pixels, not drawn: over 50,000,000 pixels");
  assert.equal((await shown(wide))["image/png"], undefined);
});

test("sidesOf() reads the sides that Pillow wrote", { skip }, async () => {
  const folder = temporaryFolder("sides");
  const formats = ["png", "jpeg", "gif", "bmp", "webp"];
  const script = `
import sys
from PIL import Image
image = Image.new("RGB", (300, 41), "red")
image.putpixel((1, 1), (0, 0, 255))
for name in sys.argv[2].split(","): image.save(f"{sys.argv[1]}/photo.{name}", exif=b"Exif\\0\\0" + bytes(500)) if name == "jpeg" else image.save(f"{sys.argv[1]}/photo.{name}")
image.save(f"{sys.argv[1]}/lossless.webp", lossless=True)
image.convert("RGBA").save(f"{sys.argv[1]}/animated.webp", save_all=True, append_images=[Image.new("RGBA", (300, 41))])`;
  const { status, stderr } = spawnSync(python ?? "python3", ["-c", script, folder, formats.join()], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  const files = [...formats.map((format) => `photo.${format}`), "lossless.webp", "animated.webp"];
  for (const name of files) {
    const file = readFileSync(join(folder, name));
    assert.deepEqual(sidesOf(file, `image/${name.split(".")[1]}`), [300, 41], name);
    assert.ok(`image/${name.split(".")[1]}` in (await shown(file)), name);
  }
});

test("an element is its HTML; SVG follows the page's colours, and is a file with its namespaces", async () => {
  const svg = `<svg width="9"><use xlink:href="#a"></use></svg>`;
  assert.deepEqual(
    await shown({ outerHTML: svg, toString: () => "" }).then(({ "text/plain": _, ...rest }) => rest),
    {
      "text/html": svg,
      "image/svg+xml":
        `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"` + svg.slice(4),
    },
  );
  const spaced = `<svg xmlns="http://www.w3.org/2000/svg"></svg>`;
  assert.equal((await shown({ outerHTML: spaced }))["image/svg+xml"], spaced);
});

test("what would run something stands in a frame where nothing does", async () => {
  const active = [
    `<p><script>a()</script></p>`,
    `<img src="x" onerror="a()">`,
    `<svg/onload=a()></svg>`,
    `<a href="java\nscript:a()">a</a>`,
    `<a href="java&Tab;script&colon;a()">a</a>`,
    `<math><mtext><table><mglyph><style><!--</style><img title="--><img src onerror=a()>"></table></math>`,
    `<body><p>page</p></body>`,
    `<iframe src="x"></iframe>`,
  ];
  for (const outerHTML of active) {
    const data = await shown({ outerHTML });
    const [, inside = ""] = /^<iframe sandbox="" srcdoc="([^"]*)"/.exec(String(data["text/html"])) ?? [];
    assert.equal(inside.includes("<"), false);
    assert.equal(
      inside
        .replaceAll("&lt;", "<")
        .replaceAll("&gt;", ">")
        .replaceAll("&quot;", '"')
        .replaceAll("&amp;", "&"),
      outerHTML,
    );
    assert.equal(data["image/svg+xml"], undefined);
  }
});

test("a canvas is its picture, one that has none its element", async () => {
  const url = `data:image/png;base64,${pngOf(2, 2).toString("base64")}`;
  for (const toDataURL of [() => url, () => Promise.resolve(url)])
    assert.equal((await shown({ toDataURL }))["image/png"], pngOf(2, 2).toString("base64"));
  const blank = { toDataURL: () => "data:image/png;base64,", outerHTML: "<canvas></canvas>" };
  assert.equal(await html(blank), "<canvas></canvas>");
  const huge = { width: 20_000, height: 20_000, toDataURL: () => assert.fail("called") };
  assert.deepEqual(await told(huge), ["Canvas of 20,000 × 20,000 pixels, not drawn: over 50,000,000 pixels"]);
});

test("specifications of Vega and Vega-Lite are charts of their version, and of the newest that JupyterLab draws", async () => {
  const spec = (name: string) => ({
    $schema: `https://vega.github.io/schema/${name}.json`,
    mark: "bar",
    f: () => 1,
  });
  const types = async (value: object) =>
    Object.keys(await shown(value)).filter((type) => type !== "text/plain");
  assert.deepEqual(await types(spec("vega-lite/v5.20.1")), ["application/vnd.vegalite.v5+json"]);
  assert.deepEqual(await types({ toSpec: () => spec("vega-lite/v6") }), [
    "application/vnd.vegalite.v6+json",
    "application/vnd.vegalite.v5+json",
  ]);
  assert.deepEqual(await types(spec("vega/v4")), ["application/vnd.vega.v4+json"]);
  assert.deepEqual(await types({ $schema: "https://json-schema.org/draft/2020-12/schema" }), []);
  assert.deepEqual((await shown(spec("vega/v5")))["application/vnd.vega.v5+json"], {
    $schema: "https://vega.github.io/schema/vega/v5.json",
    mark: "bar",
  });
  const large = { ...spec("vega/v5"), data: "x".repeat(6 * 1024 * 1024) };
  assert.deepEqual(await told(large), ["Chart of 6.0 MB, not drawn: over 5.0 MB"]);
});
