/** How often an input gives each of its photos, and how many these are. */
import { Dataset } from "../../input";
import { allPlans, isEndless, type Plan } from "../../input/plan";

/** An input to be read for its views. */
export interface ViewInput<T> {
  /** Each photo as many times as there are views, one view of all after the other. */
  readonly dataset: Dataset<T>;
  /** Photos times views, if that can be told before reading. */
  readonly rows: number | undefined;
  /** Whether it ends by itself after these. */
  readonly isEndless: boolean;
}

/**
 * An input as many times over as there are views. One that never ends gives its first epochs, if it repeats whole ones.
 * @param batches  read before, of an input that is gone on with
 * @throws {RangeError} if it never ends and its epochs can't be told
 */
export function viewsOf<T>(input: Dataset<T>, views: number, batches = 0): ViewInput<T> {
  const { plan } = input;
  if (isEndless(plan)) {
    const photos = photosAnEpoch(plan);
    if (photos === undefined)
      throw new RangeError(
        "Cannot compute features: expected a dataset that ends or repeats whole epochs of known length, got one without an end: give createInputFn() numEpochs: 1",
      );
    return { dataset: input, rows: photos * views, isEndless: true };
  }
  const photos = photosIn(plan);
  const rows = photos === undefined ? undefined : photos * views;
  if (views === 1) return { dataset: input, rows, isEndless: false };
  // Of a known size, repeat() leaves out what is read already before it is decoded.
  const size = plan.size?.() ?? batches + 1;
  const sized: Plan<T> = { ...plan, size: () => size };
  return { dataset: new Dataset(sized).repeat(views), rows, isEndless: false };
}

/** The photos in the batches of a plan that ends, if that can be told. */
function photosIn(plan: Plan<unknown>): number | undefined {
  const [parent] = plan.parents;
  if (parent === undefined) return undefined;
  if (plan.name !== "batch") return plan.name === "prefetch" ? photosIn(parent) : undefined;
  const photos = parent.size?.();
  return photos === undefined ? undefined : photos - (plan.leftOut?.()?.count ?? 0);
}

/** The photos of one epoch of a plan that never ends: what is repeated must come out one by one and in one order. */
function photosAnEpoch(plan: Plan<unknown>): number | undefined {
  if (allPlans(plan).some((one) => one.isUnordered?.() === true)) return undefined;
  for (let [at, isBatched] = [plan, false]; ;) {
    const [parent] = at.parents;
    if (parent === undefined) return undefined;
    if (at.name === "repeat") return isBatched ? parent.size?.() : photosIn(parent);
    if (!["prefetch", "batch", "map"].includes(at.name)) return undefined;
    [at, isBatched] = [parent, isBatched || at.name === "batch"];
  }
}
