/** Which values of a run stand, where steps were written more than once. */
import type { EventOutlineMessage } from "../tensorflow";

/** A value of a series whose step is not above that of the value before it. */
interface StepBack {
  /** Which value of its series it is. */
  readonly at: number;
  readonly step: number;
}

interface Series {
  noted: number;
  lastStep: number;
  /** Only those that no later one outdoes: the steps rise too. */
  readonly stepBacks: StepBack[];
  asked: number;
  /** Of the step backs, the first that is still to come. */
  next: number;
}

/**
 * The values that stand, by the rule of TensorBoard's default page: a value makes void what its tag has for this step and later
 * ones before it. First all values of a run are noted, then each is asked for, in the same order.
 *
 * Values of one tag that different plugins show do not touch each other.
 * @see tensorboard/data/server/reservoir.rs, `preempt`
 */
export class RepeatedSteps {
  /** Whether any of the noted values is void; otherwise there is no need to ask. */
  isAnyVoid = false;
  private readonly series = new Map<string, Series>();
  /** By tag, as far as values were noted, and asked for: writers may say only once which plugin a tag is for. */
  private readonly plugins = { noted: new Map<string, string>(), asked: new Map<string, string>() };

  /** Takes note of an event's values. */
  note({ step, values }: EventOutlineMessage): void {
    for (const value of values) {
      const series = this.seriesOf(value, this.plugins.noted);
      const at = series.noted++;
      if (step <= series.lastStep) {
        this.isAnyVoid = true;
        const { stepBacks } = series;
        while ((stepBacks[stepBacks.length - 1]?.step ?? -Infinity) >= step) stepBacks.pop();
        stepBacks.push({ at, step });
      }
      series.lastStep = step;
    }
  }

  /** Whether each of an event's values stands. */
  standing({ step, values }: EventOutlineMessage): boolean[] {
    return values.map((value) => {
      const series = this.seriesOf(value, this.plugins.asked);
      const at = series.asked++;
      while ((series.stepBacks[series.next]?.at ?? Infinity) <= at) series.next++;
      return step < (series.stepBacks[series.next]?.step ?? Infinity);
    });
  }

  private seriesOf(value: EventOutlineMessage["values"][0], plugins: Map<string, string>): Series {
    const { tag, plugin = plugins.get(tag) ?? "" } = value;
    plugins.set(tag, plugin);
    const key = `${plugin}\n${tag}`;
    const series = this.series.get(key) ?? {
      noted: 0,
      lastStep: -Infinity,
      stepBacks: [],
      asked: 0,
      next: 0,
    };
    this.series.set(key, series);
    return series;
  }
}
