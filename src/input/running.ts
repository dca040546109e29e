import { codeOf } from "./errorcode";

/** Whether a process is alive and not this one, which knows what it has in use. */
export function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}
