/** Runs of which a figure showed a step twice, or other values than TensorBoard does. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { readEvalMetrics } from "../../src/estimator/evalevents";
import { readEvents, readScalars, SummaryWriter } from "../../src/summary";
import { fixturePath, readFixture } from "../fixtures";
import { testSituations } from "./table";

/** By run, plugin and tag: what TensorBoard's default page shows: [step, value] of scalars, steps of the rest. */
type Shown = Record<string, Record<string, Record<string, number[] | [step: number, value: number][]>>>;

const shown = readFixture<Shown>("repeated");

async function scalarsOf(path: string, includePurged = false): Promise<Record<string, number[][]>> {
  const series = await readScalars(path, { includePurged });
  return Object.fromEntries(
    series.map(({ tag, steps, values }) => [tag, steps.map((step, i) => [step, values[i] ?? NaN])]),
  );
}

const situations: Record<string, string> = {
  resumed: "PyTorch's SummaryWriter resumed with purge_step has each step once",
  resumed_twice: "and so it has when it was resumed again",
  some_tags: "tags that a resumed run writes at fewer steps, or no more, keep what is not written again",
  estimator: "an Estimator's run that says at which step it begins, and begins again",
  keras: "Keras trained twice with one log_dir has the second training's epochs",
  new_style: "scalars go on as tensors",
  late_start: "a run that says after its first steps where it was resumed",
  one_file: "steps logged again in one file by a writer that says nothing of it",
  one_step: "a step logged over and over",
  one_event: "one tag twice in one event",
  backwards: "steps that go backwards",
  order_of_names: "files go by their names, not by the times of what they hold",
};

testSituations([
  ...Object.entries(situations).map(([run, name]) => ({
    name,
    situation: () => scalarsOf(fixturePath(`repeated/${run}`)),
    expected: shown[run]?.["scalars"],
  })),
  {
    name: "images, histograms and texts of a step that comes again come once, each tag for itself",
    situation: async () => {
      const steps: Record<string, Record<string, number[]>> = {};
      for await (const { kind, tag, step } of readEvents(fixturePath("repeated/each_kind")))
        if (kind !== "scalar") ((steps[kind === "text" ? kind : `${kind}s`] ??= {})[tag] ??= []).push(step);
      return { ...steps, scalars: await scalarsOf(fixturePath("repeated/each_kind")) };
    },
    expected: shown["each_kind"],
  },
  {
    name: "a folder of runs that were resumed: none makes void what another has",
    situation: async () => {
      const series = await readScalars(fixturePath("repeated"), { tags: ["loss"] });
      return Object.fromEntries(series.map(({ run, steps }) => [run, steps.length]));
    },
    expected: Object.fromEntries(
      Object.entries(shown).flatMap(([run, { scalars }]) =>
        scalars?.["loss"] === undefined ? [] : [[run, scalars["loss"].length]],
      ),
    ),
  },
  {
    name: "one event file of a resumed run alone",
    situation: () => scalarsOf(fixturePath("repeated/resumed/events.out.tfevents.0000000002.host")),
    expected: { loss: [5, 6, 7, 8].map((step) => [step, 100 + step]) },
  },
  {
    name: "what came again is there too if it is asked for",
    situation: async () => (await scalarsOf(fixturePath("repeated/resumed"), true))["loss"]?.length,
    expected: 14,
  },
  {
    name: "a run of PyTorch's that goes on here, without a purgeStep, has each step once",
    situation: async (folder) => {
      cpSync(fixturePath("repeated/resumed"), join(folder, "run"), { recursive: true });
      const writer = new SummaryWriter(join(folder, "run"));
      for (const step of [7, 8, 9]) writer.scalar("loss", 300 + step, step);
      await writer.close();
      return (await scalarsOf(join(folder, "run")))["loss"];
    },
    expected: [0, 1, 2, 3, 4, 105, 106, 307, 308, 309].map((value, step) => [step, value]),
  },
  {
    name: "a scalar stands where a text of its tag and step is logged after it",
    situation: async (folder) => {
      const writer = new SummaryWriter(folder);
      for (const step of [1, 2]) {
        writer.scalar("input", step, step);
        writer.text("input", "a text", step);
      }
      await writer.close();
      return scalarsOf(folder);
    },
    expected: { input: [[1, 1], [2, 2]] }, // prettier-ignore
  },
  {
    name: "a second evaluation of a step takes the place of the first",
    situation: async () => [...(await readEvalMetrics(fixturePath("repeated/one_step")))],
    expected: [[3, { loss: 103 }]],
  },
]);
