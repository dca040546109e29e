/** How Node is started for a kernel: it goes on after a busy loop was ended between two async hooks. */
export const NODE_FLAGS = ["--no-force-async-hooks-checks"] as const;
