/** What a model makes of photos, batch by batch. */
import { labelClasses } from "../model/losses";
import { tf } from "../tensorflow";
import type { Batch } from "../training";
import { Filenames } from "../training/batch/filenames";
import { GrowingRows } from "../training/batch/growing";
import type { Outcomes } from "./outcomes";

/** Outcomes that come batch by batch. */
export class OutcomeRows {
  private readonly rows: GrowingRows;
  private readonly filenames = new Filenames();
  private readonly labels: number[] = [];
  private readonly predicted: number[] = [];

  /** @param expected  how many photos are to come, if that is known */
  constructor(
    private readonly numClasses: number,
    expected: number | undefined,
  ) {
    this.rows = new GrowingRows(expected, notFinite);
  }

  get count(): number {
    return this.rows.count;
  }

  /**
   * Adds a batch.
   * @param logits  float32 [batch, numClasses]
   * @throws {RangeError} if one is not finite
   */
  add([features, label]: Batch, logits: Float32Array): void {
    this.rows.add(logits, this.numClasses);
    this.predicted.push(...likeliest(logits, this.numClasses));
    this.labels.push(...tf.tidy(() => labelClasses(label).dataSync()));
    this.filenames.add(features, "interpret");
  }

  /** All that were added. */
  outcomes(classNames: readonly string[]): Outcomes {
    const { count, vectors: logits } = this.rows.rows();
    const [labels, predicted] = [Int32Array.from(this.labels), Int32Array.from(this.predicted)];
    const filenames = this.filenames.all();
    return { count, numClasses: this.numClasses, logits, labels, predicted, classNames, filenames };
  }
}

function notFinite(photo: number, got: number): RangeError {
  return new RangeError(
    `Cannot interpret: expected finite logits, got ${got} for photo ${photo}; has the training diverged?`,
  );
}

/** The likeliest class of each photo of a batch. */
function likeliest(logits: Float32Array, numClasses: number): number[] {
  return Array.from({ length: logits.length / numClasses }, (_, i) => {
    const row = logits.subarray(i * numClasses, (i + 1) * numClasses);
    return row.indexOf(Math.max(...row));
  });
}
