/** What is kept of looks at photos while a model learns: numbers, not pictures. */
import type { Explanation } from "../inspect/gallery";
import type { GradCam } from "../explain";
import { tf } from "../tensorflow";

/** Where a model looked at one step. */
export interface Look {
  /** Updates that the model had behind it. */
  readonly step: number;
  /** What is said of each photo: the class explained and its probability then, "explains bees 0.93". */
  readonly captions: readonly string[];
}

/** A look with its maps. */
export interface KeptLook extends Look, LookMaps {}

/** The maps of a look. */
export interface LookMaps {
  /** [batch, height, width], 0…1 */
  readonly shape: readonly [number, number, number];
  readonly heat: Float32Array;
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly classes: readonly number[];
  /** [batch][classes] */
  readonly probabilities: readonly (readonly number[])[];
}

/** Looks that are kept at most, beside the latest. */
const MOST = 40;

/** Reads the tensors of heat maps, which stay the caller's. */
export async function readMaps(cam: GradCam): Promise<LookMaps> {
  const [heat, rows, columns, classes, probabilities] = await Promise.all([
    cam.heatmaps.data<"float32">(),
    cam.rows.data(),
    cam.columns.data(),
    cam.classes.data(),
    cam.probabilities.array(),
  ]);
  const places = { rows: [...rows], columns: [...columns] };
  return { shape: cam.heatmaps.shape, heat, ...places, classes: [...classes], probabilities };
}

/** A look's maps as tensors, which belong to the caller's tidy(); its classes count as asked for, so that captions tell their probability. */
export function explanationOf({ shape, heat, rows, columns, classes, probabilities }: LookMaps): Explanation {
  return {
    heatmaps: tf.tensor3d(heat, [...shape]),
    ...{ rows, columns, classes, predicted: classes },
    probabilities: tf.tensor2d(probabilities.map((row) => [...row])),
  };
}

/** The looks of one training, by step. */
export class Looks {
  private kept: { readonly number: number; readonly look: KeptLook }[] = [];
  private made = 0;
  private stride = 1;

  /** Ascending by step; once more than forty were kept every second one, then every fourth and so on, and the latest. */
  get all(): readonly KeptLook[] {
    return this.kept.map(({ look }) => look);
  }

  get latest(): KeptLook | undefined {
    return this.kept.at(-1)?.look;
  }

  /** Takes a look; those of its step and later ones are void: the training has gone back, or was looked at twice. */
  add(look: KeptLook): void {
    const before = this.kept.filter((one) => one.look.step < look.step);
    const number = this.kept[before.length]?.number ?? this.made;
    this.made = number + 1;
    this.kept = [...before.filter((one) => one.number % this.stride === 0), { number, look }];
    if (this.kept.length <= MOST) return;
    this.stride *= 2;
    this.kept = this.kept.filter((one) => one.number % this.stride === 0 || one.look === look);
  }
}
