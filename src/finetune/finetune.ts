import { inspect } from "node:util";
import { displayable, type Displayable } from "../display/bundle";
import type { Table } from "../display/table";
import { showFigure, type Figure } from "../inspect/figure";
import { cellSignal, finishFirst } from "../interrupt";
import type { Model } from "../model/model";
import { globalStepOf } from "../training/step/count";
import type { History } from "../training";
import { expectInputs } from "./inputs";
import type { FineTuneOptions } from "./options";
import { Run } from "./run";
import { epochTable, trainingFigure, viewBundle } from "./view";

/** What fineTune() gives; it shows itself as the table of epochs and the curve. */
export interface FineTuned extends Displayable, History {
  /** The epoch whose weights the model has. */
  readonly bestEpoch: number | undefined;
  /** Whether it ended before its last epoch. */
  readonly isStopped: boolean;
  /** The global step at which the loss was no longer finite, which has ended it; undefined if it has not. */
  readonly divergedAt: number | undefined;
  /** The global step at which this call went on after an interrupt; undefined if it began. */
  readonly resumedAt: number | undefined;
  /** The losses and accuracies. */
  figure(): Figure;
  /** The epochs. */
  table(): Table;
  /** The table as text. */
  toString(): string;
}

/** What an interrupt has left. */
const left = new WeakMap<Model, Run>();

/**
 * Fine-tunes a pretrained model: first its head alone, then all of it with rates that grow from the bottom to the head, each part by
 * one cycle of learning rate and momentum; evaluates after each epoch, and at the end gives the model the weights of the best.
 *
 * Interrupted, it throws the signal's reason and leaves the model as it is after that step, to be looked at, and so it does where a
 * callback throws an error; the same call again goes on, to the same numbers as one that nothing stopped. It is the same if the
 * numbers among the options are, the data are (the same dataset, or one of the same steps and files) and the model has not been
 * changed meanwhile; else a new one begins, from the weights there are. What waits to be gone on with holds its memory.
 *
 * As fastai's fine_tune, but that the frozen trunk's batch norms stand still, with momentum for Adam, and with the best weights kept.
 * Where the loss is no longer finite it ends, and the model gets the best weights, too: `divergedAt` says so.
 * @throws {TypeError} if the model, one of the datasets or a callback is none
 * @throws {RangeError} if an option is out of its range, the data are empty, the validation never ends, or the loss is no longer finite
 *   before an epoch is over
 * @throws what the signal gives as its reason
 * @example
 * const view = trainingView();
 * display(view);
 * const options = { train: trainInput(), validation: testInput(), epochs: 4, patience: 2, callbacks: [view] };
 * const { bestEpoch } = await fineTune(model, options);
 * @see fastai 2.8.12, Learner.fine_tune of callback/schedule.py; Howard and Ruder 2018 (arXiv 1801.06146)
 */
export async function fineTune(model: Model, options: FineTuneOptions): Promise<FineTuned> {
  const cell = cellSignal();
  const { callbacks = [], signal = cell } = options;
  expectInputs(model, options);
  const before = left.get(model);
  const isSame = before?.isOf(options) === true;
  const run = isSame ? before : new Run(model, options);
  left.delete(model);
  if (!isSame) before?.dispose();
  const resumedAt = isSame ? globalStepOf(model) : undefined;
  const work = async (): Promise<void> => {
    try {
      await run.carryOn({ callbacks, validation: options.validation, signal });
      run.dispose();
    } catch (error) {
      const isReasonOf = (one: AbortSignal | undefined): boolean =>
        one?.aborted === true && isReason(error, one.reason);
      if (run.isOfCallback(error) || [signal, cell].some(isReasonOf)) {
        run.mark();
        left.set(model, run);
      } else run.dispose();
      throw error;
    }
  };
  await finishFirst(work);
  return tuned(run, resumedAt);
}

function endOf({ isStopped, divergedAt }: Run): string {
  if (divergedAt !== undefined)
    return `, then stopped at step ${divergedAt}, where the loss was no longer finite`;
  return isStopped ? ", then stopped" : "";
}

/** Whether an error is a signal's reason, which may be no error itself. */
function isReason(error: unknown, reason: unknown): boolean {
  return error === reason || (error instanceof Error && error.cause === reason);
}

function tuned(run: Run, resumedAt: number | undefined): FineTuned {
  const { history, bestEpoch, isStopped, divergedAt } = run;
  const rows = (): Table => epochTable(history.epochs);
  const toString = (): string => String(rows());
  const line = `Fine-tuned for ${history.epochs.length} epochs${endOf(run)}; the weights are those of epoch ${bestEpoch ?? "none"}`;
  const value = {
    ...history,
    bestEpoch,
    isStopped,
    divergedAt,
    resumedAt,
    figure: () => trainingFigure(history),
    table: rows,
  };
  return displayable({ ...value, toString, [inspect.custom]: toString }, (context) => viewBundle(history, { line }, (curve) => showFigure(curve, context))); // prettier-ignore
}
