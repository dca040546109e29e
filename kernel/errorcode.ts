/** What Node or the system calls an error, e.g. "EADDRINUSE"; undefined if it has no such name. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
