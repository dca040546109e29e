/** Which networks a test goes through. */

/**
 * All where the environment variable SLIMLAB_EVERY_NETWORK is set, which may take an hour, and else one of a kind.
 * @param all        what there is
 * @param oneOfAKind what is enough for each change
 */
export function everyNetwork<T>(all: readonly T[], oneOfAKind: readonly NoInfer<T>[]): readonly T[] {
  return process.env.SLIMLAB_EVERY_NETWORK === undefined ? oneOfAKind : all;
}
