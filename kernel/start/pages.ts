/**
 * Has glibc ask for huge pages where memory is taken in megabytes, as by Node for the snapshot: a tenth of a snapshot's start
 * went into asking for small ones one by one.
 */
const tunables = "GLIBC_TUNABLES";
const ours = "SLIMLAB_TUNABLES";

/** For the process that this one becomes, unless the user has chosen for glibc already. */
export function askForHugePages(): void {
  if (process.env[tunables] === undefined)
    process.env[tunables] = process.env[ours] = "glibc.malloc.hugetlb=1";
}

/** Has cells' environment, and that of children, be as it was. */
export function forgetPages(): void {
  if (process.env[ours] === undefined) return;
  delete process.env[tunables];
  delete process.env[ours];
}
