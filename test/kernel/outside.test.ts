/** A folder of somebody else's, with today's packages: cells import them with their types, and their values draw themselves. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { createSession } from "../../kernel/session/core";
import { skip as noBrowser, startBrowser } from "./labserver";
import { runCells, runJupyter } from "./notebook";
import { installOutside } from "./outside";

const { folder, skip } = installOutside();

/** What cells write, and what the last expression then is. */
const imports: readonly (readonly [cell: string, value: unknown])[] = [
  [
    `import { z } from "zod";
const person = z.object({ name: z.string(), age: z.number().int() });
const ann: z.infer<typeof person> = person.parse({ name: "Ann", age: 3 });
ann.age`,
    3,
  ],
  [
    `const later = await import("zod");\nconst four: number = later.z.number().parse(4);\n[four, later.z === z]`,
    [4, true],
  ],
  [
    `import * as d3 from "d3";
const scale: d3.ScaleLinear<number, number> = d3.scaleLinear([0, 10], [0, 100]);
scale(5)`,
    50,
  ],
  [
    `import * as aq from "arquero";
const rows: number = aq.table({ a: [1, 2, 3] }).filter((d: { a: number }) => d.a > 1).numRows();
rows`,
    2,
  ],
  [
    `import { DuckDBInstance } from "@duckdb/node-api";
const database = await DuckDBInstance.create(":memory:");
const connection = await database.connect();
const reader = await connection.runAndReadAll("select 42 as answer");
reader.getRowObjects()`,
    [{ answer: 42 }],
  ],
  [
    `import sharp from "sharp";
const png: Buffer = await sharp({ create: { width: 20, height: 10, channels: 3, background: "red" } }).png().toBuffer();
(await sharp(png).metadata()).width`,
    20,
  ],
  [
    `import { groupBy, sum } from "lodash-es";
const groups: Record<string, number[]> = groupBy([1.25, 1.5, 2.5], Math.floor);
sum(groups[1])`,
    2.75,
  ],
  [`import { execa } from "execa";\nconst { stdout } = await execa("echo", ["hello"]);\nstdout`, "hello"],
  [
    `import { JSDOM } from "jsdom";
const { document } = new JSDOM("<p>hi</p>").window;
const paragraph: HTMLParagraphElement | null = document.querySelector("p");
paragraph?.textContent`,
    "hi",
  ],
  [
    `import * as Plot from "@observablehq/plot";
Plot.plot({ document, marks: [Plot.barY([1, 2, 3])] }).tagName`,
    "svg",
  ],
  [
    `import { addDays, format } from "date-fns";
const day: Date = addDays(new Date(2020, 0, 31), 1);
format(day, "yyyy-MM-dd")`,
    "2020-02-01",
  ],
  [
    `import { from, lastValueFrom, map, toArray } from "rxjs";
const list: number[] = await lastValueFrom(from([1, 2]).pipe(map((x) => x * 2), toArray()));
list`,
    [2, 4],
  ],
  [`import chalk from "chalk";\nconst red: string = chalk.red("x");\nred.includes("x")`, true],
  [`import pLimit from "p-limit";\nconst two: number = await pLimit(1)(async () => 2);\ntwo`, 2],
  [`import { nanoid } from "nanoid";\nconst id: string = nanoid();\nid.length`, 21],
  [`import { parse } from "yaml";\nconst parsed: unknown = parse("a: [1, 2]");\nparsed`, { a: [1, 2] }],
  [
    `import { produce } from "immer";
const next: { readonly a: number } = produce({ a: 1 }, (draft) => { draft.a = 2; });
next.a`,
    2,
  ],
  [`import { v4, validate } from "uuid";\nconst isValid: boolean = validate(v4());\nisValid`, true],
  [
    `import dayjs from "dayjs";\nconst tomorrow: string = dayjs("2020-01-01").add(1, "day").format("YYYY-MM-DD");\ntomorrow`,
    "2020-01-02",
  ],
  [
    `import axios, { type AxiosInstance } from "axios";
const http: AxiosInstance = axios.create({ baseURL: "http://a.b" });
http.defaults.baseURL`,
    "http://a.b",
  ],
  [
    `import { parse as parseCsv } from "csv-parse/sync";
const records: Record<string, string>[] = parseCsv("a,b\\n1,2", { columns: true });
records`,
    [{ a: "1", b: "2" }],
  ],
];

test("cells import packages of the folder, with their types", { skip }, async () => {
  const session = createSession({ cwd: folder });
  after(() => session.close());
  let count = 0;
  for (const [cell, value] of imports) {
    const outcome = await session.run(cell, ++count);
    if (outcome.status === "error")
      assert.fail(`${cell}\n${stripVTControlCharacters(outcome.traceback.join("\n"))}`);
    assert.deepEqual(outcome.value, value, cell);
  }
  const wrong = await session.run("const wrong: string = addDays(new Date(), 1);", ++count);
  assert.ok(wrong.status === "error");
  assert.match(wrong.evalue, /Type 'Date' is not assignable to type 'string'/);
});

/** Cells whose values draw themselves, and the types of what they show besides text. */
const drawings: readonly (readonly [cell: string, ...types: string[]])[] = [
  [
    `const load = (name: string) => import(name);
const canvas = (await load("@napi-rs/canvas")).createCanvas(40, 20);
canvas.getContext("2d").fillRect(5, 5, 20, 10);
canvas`,
    "image/png",
  ],
  [`canvas.toBuffer("image/jpeg")`, "image/jpeg"],
  [`canvas.toBuffer("image/webp")`, "image/webp", "text/html"],
  [`canvas.toBuffer("image/avif")`, "image/avif", "text/html"],
  [`canvas.getContext("2d").getImageData(0, 0, 40, 20)`, "image/png", "text/html"],
  [
    `const document = new (await load("jsdom")).JSDOM("<b>jsdom</b>").window.document;
document.querySelector("b")`,
    "text/html",
  ],
  [
    `const form = document.createElement("form");
form.innerHTML = "<img src=x onerror='parent.document.title=1'>";
form`,
    "text/html",
  ],
  [`(await load("linkedom")).parseHTML("<i>linkedom</i>").document.querySelector("i")`, "text/html"],
  [
    `const happy = new (await load("happy-dom")).Window().document;
happy.body.innerHTML = "<u>happy-dom</u>";
happy.querySelector("u")`,
    "text/html",
  ],
  [
    `const Plot = await load("@observablehq/plot");
Plot.plot({ document, marks: [Plot.barY([1, 2, 3])] })`,
    "image/svg+xml",
    "text/html",
  ],
  [
    `Plot.plot({ document, title: "A title", marks: [Plot.dot([1, 2], { fill: ["a", "b"] })], color: { legend: true } })`,
    "text/html",
  ],
  [`const aq = await load("arquero");\naq.table({ a: [1, 2, 3], b: ["x", "y", "x"] })`, "text/html"],
  [`aq.table({ a: [1, 2, 3], b: ["x", "y", "x"] }).groupby("b").count()`, "text/html"],
  [`(await load("apache-arrow")).tableFromArrays({ n: new Int32Array([1, 2]), s: ["x", "y"] })`, "text/html"],
  [
    `(await load("nodejs-polars")).default.DataFrame({ a: [1, 2], b: ["x", "y"] })`,
    "application/vnd.dataresource+json",
    "text/html",
  ],
  [
    `const { Tensor } = await load("onnxruntime-common");
new Tensor("float32", new Float32Array(6).fill(2), [2, 3])`,
    "text/html",
  ],
  [
    `const spec = {
  $schema: "https://vega.github.io/schema/vega-lite/v6.json",
  data: { values: [{ a: 1 }] },
  mark: "bar",
  encoding: { x: { field: "a" } },
};
spec`,
    "application/vnd.vegalite.v5+json",
    "application/vnd.vegalite.v6+json",
  ],
  [
    `const [vega, lite] = [await load("vega"), await load("vega-lite")];
new vega.View(vega.parse(lite.compile(spec).spec), { renderer: "none" })`,
    "image/svg+xml",
    "text/html",
  ],
];

/** What stands in the page's outputs, as far as the browser could draw it. */
const look = `({
  title: document.title,
  images: [...document.images].map(({ naturalWidth }) => naturalWidth),
  tables: document.querySelectorAll(".jp-OutputArea table").length,
  charts: [...document.querySelectorAll(".jp-OutputArea svg")].filter(({ clientWidth }) => clientWidth > 0).length,
})`;

test(
  "values of packages draw themselves, in nbconvert's page too",
  { skip: skip || noBrowser },
  async (t) => {
    const cells = drawings.map(([cell]) => cell);
    const { status, stderr, outputs, path } = await runCells(cells, ["--allow-errors"], folder);
    assert.equal(status, 0, stderr);
    assert.deepEqual(
      outputs.map(
        ([output]) =>
          output?.evalue ??
          Object.keys(output?.data ?? {})
            .filter((type) => type !== "text/plain")
            .sort(),
      ),
      drawings.map(([, ...types]) => types),
    );
    const page = join(folder, "page.html");
    const converted = await runJupyter(["-m", "nbconvert", "--to", "html", "--output", page, path], {});
    assert.equal(converted.status, 0, converted.stderr);
    const browser = await startBrowser();
    t.after(() => browser.close());
    const tab = await browser.newPage();
    await tab.goto(pathToFileURL(page).href, { waitUntil: "domcontentloaded" });
    await tab.frameLocator("iframe").locator("form").waitFor({ state: "attached" });
    const drawn: unknown = await tab.evaluate(look);
    assert.deepEqual(drawn, { title: "run", images: [40, 40, 40, 40, 40], tables: 4, charts: 5 });
  },
);
