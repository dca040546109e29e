"use strict";

const { rmSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { SetupError } = require("./error.js");
const { explain } = require("./failure.js");
const { lock } = require("./lock.js");
const { places } = require("./places.js");
const { plan, stamp, stepsFor } = require("./plan.js");
const { expectCompiler, expectNpm, expectPython } = require("./prerequisites.js");
const { endPrograms } = require("./program.js");
const { createProgress } = require("./progress.js");

/** What the stale steps need of the machine; throws before anything is written. */
function expectPrerequisites(items) {
  const names = new Set(items.map(({ name }) => name));
  return {
    npm: names.has("packages") ? expectNpm() : undefined,
    python: names.has("python") ? expectPython(items[0].choice.pythons) : undefined,
    compiler: names.has("addon") || names.has("descriptors") ? expectCompiler() : undefined,
  };
}

async function make(item, tools, progress) {
  const log = join(places.logs, `${item.name}.log`);
  writeFileSync(log, "");
  progress.start(item);
  if (item.step.stamp) rmSync(item.step.stamp, { force: true });
  try {
    await item.step.run({ ...tools, choice: item.choice, key: item.key, log });
  } catch (error) {
    throw explain(item, log, error);
  }
  stamp(item);
  progress.finish(item);
}

/**
 * Makes the items, each as soon as what it needs is made. At the first failure the others are ended, but for type
 * errors: what takes minutes to install is as good with them as without.
 */
async function makeAll(items, tools, progress) {
  const made = new Map();
  let first;
  const fail = async (item, error) => {
    const isFirst = first === undefined; // those that need a failed item fail by the same error
    first ??= error;
    if (isFirst && item.name !== "build") await endPrograms();
    throw error;
  };
  for (const item of items) {
    const needed = Promise.all(item.needs.map((name) => made.get(name)));
    const work = needed.then(() => make(item, tools, progress));
    made.set(
      item.name,
      work.catch((error) => fail(item, error)),
    );
  }
  await Promise.allSettled(made.values());
  if (first !== undefined) throw first;
}

/**
 * Brings the Python environment, the addon and the kernelspec up to date, in a checkout also node_modules and dist/; does
 * nothing where they are.
 * @param stream  where progress is shown
 * @param wishes  tests: also what only the tests need
 */
async function setUp(stream = process.stdout, wishes = {}) {
  const steps = stepsFor(wishes);
  const stale = plan(steps);
  if (stale.length === 0) return;
  expectPrerequisites(stale);
  const unlock = await lock(stream);
  const progress = createProgress(stream);
  const began = performance.now();
  try {
    const items = plan(steps); // another set-up may have run meanwhile
    const tools = expectPrerequisites(items);
    const done = steps.length - items.length;
    const rest = done === 0 ? "" : ` (${done} of ${steps.length} steps are up to date)`;
    stream.write(`Setting up slimlab${rest}\n`);
    await makeAll(items, tools, progress);
    progress.close();
    stream.write(`Set up in ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
  } finally {
    progress.close();
    unlock();
  }
}

module.exports = { setUp, SetupError };
