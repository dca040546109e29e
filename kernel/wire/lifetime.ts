import { log } from "./log";

/** How long the main thread may take to end the process once it was told to, in ms. */
const graceMs = 500;

/** How often is looked for the parent, in ms. */
const lookMs = 1_000;

/**
 * Ends the process in half a second, whatever its main thread does: only the system is stronger than a busy loop.
 * @param before  is called before that
 */
export function endSoon(before: () => void): void {
  setTimeout(() => {
    before();
    process.kill(process.pid, "SIGKILL");
  }, graceMs);
}

/**
 * Watches the process that started this one, which is named in JPY_PARENT_PID: a kernel whose Jupyter is gone would run
 * forever. If somebody stood between the two, the system's first process becomes the parent then.
 */
export function watchParent(onGone: () => void): void {
  const named = Number(process.env["JPY_PARENT_PID"]);
  if (!Number.isInteger(named) || named <= 0) return;
  const first = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === first || (first !== named && process.ppid !== 1)) return;
    clearInterval(timer);
    log("Jupyter is gone: the kernel ends");
    onGone();
  }, lookMs);
}
