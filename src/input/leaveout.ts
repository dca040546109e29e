/** Datasets that go on without the records that can't be decoded. */
import { createIterator, dataType, isOneOf, tf, TreeForm } from "../tensorflow";
import { cellSignal } from "../interrupt";
import type { BadRecords } from "./badrecords";
import { decodingError, isOfFunction, LONGEST_MS, recordsOf } from "./culprit";
import type { Decoding } from "./decoding";
import { Draws } from "./draws";
import { readRecord } from "./frames";
import { filterPlan } from "./functions";
import { allPlans, firstElement, knownFiles, stepFrom, type Plan, type Start } from "./plan";
import type { LeftOutRecord } from "./position";
import { RecordError } from "./recorderror";

/**
 * The elements whose record is none of the bad ones. Which these are is found while it is read: it comes before the decoding, and
 * before what counts elements, so that where an iteration is does not depend on when they were found.
 */
export function leaveOutPlan<T>(parent: Plan<T>, bad: BadRecords): Plan<T> {
  let filtered: { readonly plan: Plan<T>; readonly count: number } | undefined;
  const remaining = (): Plan<T> => {
    const count = bad.errors.length;
    if (count === 0) return parent;
    if (filtered?.count !== count) {
      filtered?.plan.release();
      const records = bad.errors.map(({ bytes }) => bytes);
      filtered = { count, plan: filterPlan(parent, (element) => tf.logicalNot(isOneOf(recordOf(element), records))) }; // prettier-ignore
    }
    return filtered.plan;
  };
  return {
    ...stepFrom(parent, "leaveOut"),
    build: (start) => {
      const dataset = remaining().build(start);
      bad.onBuild?.(dataset, start?.skip ?? 0);
      return dataset;
    },
    example: () => (bad.errors.length === 0 ? parent.example() : firstOf(remaining())),
    release: () => {
      filtered?.plan.release();
      filtered = undefined;
    },
    size: () => (bad.errors.length === 0 ? parent.size?.() : undefined),
    bad,
  };
}

/** The record of an element: its first string. */
function recordOf(element: unknown): tf.Tensor {
  const { leaves } = TreeForm.of(element, "an element with a record");
  const record = leaves.find((leaf) => dataType(leaf) === "string");
  if (record !== undefined) return record;
  throw new TypeError(`Cannot leave out records: expected an element with a string, got ${leaves.map(dataType).join(", ")}`); // prettier-ignore
}

function firstOf(plan: Plan<unknown>): tf.Tensor[] {
  const draws = new Draws(new Map());
  try {
    const build = (): tf.Tensor => plan.build({ skip: 0, draws });
    return firstElement({ name: plan.name, spec: () => plan.spec(), build });
  } finally {
    draws.dispose();
  }
}

/** The records that a plan's steps have left out so far. */
export function badOf(plan: Plan<unknown>): readonly RecordError[] {
  return leavers(plan).flatMap(({ errors }) => errors);
}

function leavers(plan: Plan<unknown>): BadRecords[] {
  return [...new Set(allPlans(plan).flatMap(({ bad }) => bad ?? []))];
}

/**
 * Looks for the next bad record after the place where an iteration failed, for a minute at most, and has it left out from now on.
 * @param error  that ended the iteration
 * @param start  where it was; freed
 * @returns      whether there was one: then reading can go on at the same place
 * @throws {TypeError} if the plan's order can't be repeated
 * @throws {Error} if most of the records are bad
 */
export async function leaveOutNext(error: unknown, plan: Plan<unknown>, start: Start): Promise<boolean> {
  try {
    if (!isOfFunction(error)) return false;
    for (const bad of leavers(plan)) {
      const decodings = decodingsAfter(bad, plan);
      if (decodings.length === 0) continue;
      expectOrder(plan);
      if (await leaveOutOf(bad, { plan, start, decodings })) return true;
    }
    return false;
  } finally {
    start.draws.dispose();
  }
}

function decodingsAfter(bad: BadRecords, plan: Plan<unknown>): Decoding[] {
  const after = allPlans(plan).filter(({ parents: [parent] }) => parent?.bad === bad);
  return after.flatMap((one) => one.decodings?.() ?? []);
}

function expectOrder(plan: Plan<unknown>): void {
  const loose = allPlans(plan).find((one) => one.isUnordered?.() === true);
  if (loose !== undefined)
    throw new TypeError(
      `Cannot leave out bad records: expected steps whose results come in one order, got ${loose.name}() whose own can't be repeated`,
    );
}

interface Place {
  readonly plan: Plan<unknown>;
  readonly start: Start;
  readonly decodings: readonly Decoding[];
}

async function leaveOutOf(bad: BadRecords, { plan, start, decodings }: Place): Promise<boolean> {
  const types = allPlans(plan).find((one) => one.bad === bad)?.spec().types ?? []; // prettier-ignore
  const opened: { readonly iterator: tf.Tensor; readonly skip: number }[] = [];
  bad.onBuild = (dataset, skip) => opened.push({ iterator: tf.keep(createIterator(dataset, types)), skip });
  try {
    tf.tidy(() => void plan.build(start));
    bad.onBuild = undefined;
    const end = performance.now() + LONGEST_MS;
    const files = knownFiles(plan);
    for (const { iterator, skip } of opened) {
      let good = skip;
      for await (const record of recordsOf(iterator, types)) {
        const error = decodingError(record, decodings);
        if (error !== undefined) {
          bad.add(error, { files, good });
          return true;
        }
        good++;
        if (performance.now() > end || cellSignal()?.aborted === true) return false;
      }
    }
    return false;
  } finally {
    bad.onBuild = undefined;
    for (const { iterator } of opened) iterator.dispose();
  }
}

/**
 * Where the records are that a plan's steps leave out, for a position.
 * @throws {TypeError} if one is in no file that is known
 */
export function placesOf(plan: Plan<unknown>): LeftOutRecord[] {
  const files = knownFiles(plan);
  return leavers(plan).flatMap(({ errors }, step) =>
    errors.map(({ file = "", record, message }): LeftOutRecord => {
      if (record !== undefined) return [step, files.indexOf(file), record];
      throw new TypeError(`Cannot save where the iterator is: expected bad records in known files, got one in none: ${message}`); // prettier-ignore
    }),
  );
}

/** Leaves out the records that a position tells. */
export function leaveOutAgain(plan: Plan<unknown>, places: readonly LeftOutRecord[]): void {
  const [files, steps] = [knownFiles(plan), leavers(plan)];
  for (const [step, number, record] of places) {
    const [bad, file] = [steps[step], files[number]];
    const bytes = file === undefined ? undefined : readRecord(file, record);
    if (bad === undefined || file === undefined || bytes === undefined)
      throw new RangeError(
        `Cannot restore iterator: expected a dataset that leaves out bad records, as onBad: "skip" does, got one that reads all, where record ${record} of "${file ?? ""}" was left out`,
      );
    const { reason, cause } = decodingError(bytes, decodingsAfter(bad, plan)) ?? { reason: LEFT_OUT };
    bad.add(new RecordError(bytes, reason, { place: { file, record }, cause }), { files, good: Infinity });
  }
}

const LEFT_OUT = "it was left out before";
