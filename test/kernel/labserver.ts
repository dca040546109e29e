import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium, type Browser } from "playwright-core";
import { installKernel } from "../../kernel/cli/spec";
import { freePorts } from "../../kernel/wire/ports";
import { python, skip as noJupyter } from "../python";

const browserPath = process.env["SLIMLAB_CHROMIUM"] ?? "/usr/bin/chromium";

/** Why JupyterLab is not tried, false if it is. */
export const skip =
  noJupyter || (!existsSync(browserPath) && `no browser at "${browserPath}" (SLIMLAB_CHROMIUM)`);

/**
 * Where the notebook, JupyterLab's own files and the pictures are: in the checkout, so that "slimlab" is found; each test file has
 * its own, since they run side by side.
 */
export const folder = resolve(__dirname, "../../../build/lab", basename(process.argv[1] ?? "", ".test.js"));

/** A running JupyterLab that writes nothing outside its folder. */
export interface Lab {
  /** The address of a notebook's page. */
  page(notebook: string): string;
  close(): Promise<void>;
}

/**
 * Starts JupyterLab on a free port of this machine and waits until it answers.
 * @param options  of its command line
 */
export async function startLab(options: readonly string[] = []): Promise<Lab> {
  rmSync(folder, { recursive: true, force: true });
  installKernel(folder);
  const config = join(folder, "config", "labconfig");
  mkdirSync(config, { recursive: true });
  const disabled = { "@jupyterlab/apputils-extension:announcements": true };
  writeFileSync(join(config, "page_config.json"), JSON.stringify({ disabledExtensions: disabled }));
  const [[port = 0], token] = [await freePorts(1), "a-test"];
  const overrides = { "@jupyter-widgets/jupyterlab-manager:plugin": { saveState: true } };
  writeFileSync(join(config, "default_setting_overrides.json"), JSON.stringify(overrides)); // as set-up has it
  const log = openSync(join(folder, "jupyterlab.log"), "w");
  const program = spawn(python ?? "python3", [...argumentsOf(port, token), ...options], {
    env: { ...process.env, ...environment() },
    stdio: ["ignore", log, log],
  });
  const root = `http://127.0.0.1:${port}`;
  await answer(`${root}/api/status?token=${token}`, program);
  return {
    page: (notebook) => `${root}/lab/tree/${notebook}?token=${token}`,
    close: async () => {
      const gone = once(program, "exit");
      program.kill("SIGTERM");
      await gone;
    },
  };
}

function argumentsOf(port: number, token: string): string[] {
  return [
    ...["-m", "jupyterlab", "--no-browser", "--allow-root", `--ServerApp.port=${port}`],
    ...["--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1", `--IdentityProvider.token=${token}`],
    `--ServerApp.root_dir=${folder}`,
  ];
}

function environment(): NodeJS.ProcessEnv {
  return {
    JUPYTER_PATH: join(folder, "share", "jupyter"),
    JUPYTER_CONFIG_DIR: join(folder, "config"),
    JUPYTER_DATA_DIR: join(folder, "data"),
    JUPYTER_RUNTIME_DIR: join(folder, "runtime"),
    JUPYTERLAB_SETTINGS_DIR: join(folder, "settings"),
    JUPYTERLAB_WORKSPACES_DIR: join(folder, "workspaces"),
    SLIMLAB_HISTORY: join(folder, "history.sqlite"),
  };
}

async function answer(url: string, program: ChildProcess): Promise<void> {
  while (program.exitCode === null) {
    const answered = await fetch(url).catch(() => undefined);
    if (answered?.ok === true) return;
    await sleep(200);
  }
  throw new Error(`JupyterLab ended with exit code ${program.exitCode}; see build/lab/jupyterlab.log`);
}

/** A browser without a window that writes nothing outside the folder either. */
export function startBrowser(): Promise<Browser> {
  const own = { XDG_CONFIG_HOME: join(folder, "config"), XDG_CACHE_HOME: join(folder, "cache") };
  return chromium.launch({
    executablePath: browserPath,
    args: ["--disable-gpu", "--disable-dev-shm-usage"],
    env: { ...process.env, ...own },
  });
}
