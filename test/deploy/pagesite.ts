/** Exported folders served on this machine, and a browser that looks at them. */
import { existsSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { withServer, type LocalServer } from "../localserver";
import { temporaryFolder } from "../temporary";

const browserPath = process.env["SLIMLAB_CHROMIUM"] ?? "/usr/bin/chromium";

/** Why there is no browser, or false. */
export const withoutBrowser = !existsSync(browserPath) && `no Chromium at ${browserPath}`;

/** A camera that shows a test picture, to which a person has said yes. */
export const FAKE_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

/** A browser without a window or a graphics card, which writes into a folder of its own. */
export function startBrowser(args: readonly string[] = []): Promise<Browser> {
  const folder = temporaryFolder("browser");
  return chromium.launch({
    executablePath: browserPath,
    args: ["--disable-gpu", "--disable-dev-shm-usage", ...args],
    env: {
      ...process.env,
      XDG_CONFIG_HOME: join(folder, "config"),
      XDG_CACHE_HOME: join(folder, "cache"),
    },
  });
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** Serves a folder, as any server of files does, while `work` runs. @param changed  files' bytes in place of those there, by path */
export async function withSite(
  dir: string,
  work: (server: LocalServer) => Promise<void>,
  changed: Readonly<Record<string, Uint8Array>> = {},
): Promise<void> {
  await withServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://localhost");
    const path = pathname === "/" ? "index.html" : decodeURIComponent(pathname.slice(1));
    const file = join(dir, path);
    const bytes = changed[path] ?? (existsSync(file) ? readFileSync(file) : undefined);
    if (bytes === undefined) return void response.writeHead(404).end();
    response
      .writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" })
      .end(bytes);
  }, work);
}

/** Waits until the page shows classes. @returns by class, in order of the page @throws {Error} with what the page says if it fails */
export async function answerOf(page: Page): Promise<Record<string, number>> {
  const shown = page.locator("#classes li, #error:not([hidden])").first();
  await shown.waitFor({ timeout: 60_000 });
  const error = await errorOf(page);
  if (error !== "") throw new Error(error);
  const items = await page.locator("#classes li").all();
  const pairs = items.map(async (item): Promise<[string, number]> => [
    (await item.locator(".name").textContent()) ?? "",
    Number(await item.getAttribute("data-probability")),
  ]);
  return Object.fromEntries(await Promise.all(pairs));
}

/** What the page says went wrong; "" if nothing did. */
export async function errorOf(page: Page): Promise<string> {
  const error = page.locator("#error");
  return (await error.isVisible()) ? ((await error.textContent()) ?? "") : "";
}

/** The error, when it comes. */
export async function nextError(page: Page): Promise<string> {
  await page.locator("#error").waitFor({ state: "visible", timeout: 30_000 });
  return errorOf(page);
}
