/** How Node is started for a kernel: it goes on after a busy loop was ended between two async hooks. */
export const NODE_FLAGS = ["--no-force-async-hooks-checks"] as const;

/**
 * And how from the snapshot: what is alive in that alone, 70 MB, would have V8 collect garbage while the first cell waits, for
 * some 40 ms (Node 24).
 */
export const RESTORE_FLAGS = [...NODE_FLAGS, "--initial-old-space-size=96"] as const;
