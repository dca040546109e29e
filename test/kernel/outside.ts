import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { temporaryFolder } from "../temporary";

/** Packages that people use in notebooks, as they were at the end of 2026. */
const packages: Readonly<Record<string, string>> = {
  "@duckdb/node-api": "1.5.6-r.1",
  "@napi-rs/canvas": "1.1.1",
  "@observablehq/plot": "0.6.17",
  "@types/d3": "7.4.3",
  "@types/jsdom": "30.0.0",
  "@types/lodash-es": "4.17.12",
  "@types/node": "26.6.6",
  "apache-arrow": "21.2.0",
  arquero: "7.2.1", // 8 needs a package that npm's registry does not have
  axios: "1.21.1",
  chalk: "5.6.2",
  "csv-parse": "7.0.3",
  d3: "7.9.2",
  "date-fns": "4.4.0",
  dayjs: "1.11.23",
  execa: "9.6.1",
  "happy-dom": "21.0.4",
  immer: "11.2.10",
  jsdom: "29.1.1",
  linkedom: "0.18.15",
  "lodash-es": "4.18.1",
  nanoid: "5.1.16",
  "nodejs-polars": "0.24.0", // the last whose compiled part allows Node 20
  "onnxruntime-common": "1.30.0",
  "p-limit": "7.3.3",
  rxjs: "7.8.2",
  sharp: "0.35.5",
  uuid: "14.0.3",
  vega: "6.4.0",
  "vega-lite": "6.4.3",
  yaml: "2.9.1",
  zod: "4.6.7",
};

/** Nothing is kept outside the checkout. */
const cache = resolve(__dirname, "../../../.cache/npm");

/** A folder outside the checkout that has these packages, as somebody's project has; or why there is none. */
export function installOutside(): { readonly folder: string; readonly skip: false | string } {
  const folder = temporaryFolder("outside");
  const project = { name: "outside", private: true, dependencies: packages };
  writeFileSync(join(folder, "package.json"), JSON.stringify(project));
  const how = [
    "--ignore-scripts",
    "--no-package-lock",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--fetch-retries=0",
    "--fetch-timeout=60000",
  ];
  const { status, stderr } = spawnSync("npm", ["install", ...how, "--loglevel=error"], {
    cwd: folder,
    env: { ...process.env, npm_config_cache: cache },
    encoding: "utf8",
    timeout: 240_000,
  });
  return { folder, skip: status !== 0 && `npm could not install packages (${stderr.split("\n")[0]})` };
}
