/** What the steps of a dataset draw at random, so that an iteration can be repeated from its seeds alone. */
import { tf, unrecorded } from "../tensorflow";

/** What a step draws in one iteration: by a seed, from the n-th draw on. */
export interface Draw {
  readonly seed: number;
  /** Draws taken before; where it is not known how many an iteration took, the next one begins at a multiple of STREAM. */
  readonly nth: number;
}

/** Draws that no one comes to the end of: from each multiple on, another sequence. */
export const STREAM = 2 ** 32;

/** The draws of a step, from iteration to iteration. */
export class Chance {
  readonly seed: number;
  private begun = 0;

  /** @param given  undefined: a seed is drawn, for all iterations */
  constructor(readonly given: number | undefined) {
    this.seed = given ?? unrecorded(() => Math.floor(Math.random() * 2 ** 31));
  }

  /** What another iteration draws. @param times  how often it begins the step: more than once under a repeat() */
  begin(times: number): Draw {
    const nth = this.begun;
    this.begun = times === 1 ? nth + 1 : (Math.floor(nth / STREAM) + 1) * STREAM;
    return { seed: this.seed, nth };
  }

  /** The next iteration is the first again. */
  reset(): void {
    this.begun = 0;
  }
}

/** What the steps of one iteration draw, and the generators they draw from. */
export class Draws {
  private readonly generators = new Map<Chance, tf.Tensor>();
  private firsts: Draws | undefined;

  private readonly draws: Map<Chance, Draw>;

  constructor(draws: ReadonlyMap<Chance, Draw>) {
    this.draws = new Map(draws);
  }

  /** What a step draws. */
  of(chance: Chance): Draw {
    return this.draws.get(chance) ?? { seed: chance.seed, nth: 0 };
  }

  /** Leaves out the next draws of a step. */
  advance(chance: Chance, count: number): void {
    const { seed, nth } = this.of(chance);
    this.draws.set(chance, { seed, nth: nth + count });
  }

  /** A step's generator, made by `make` if there is none. */
  generator(chance: Chance, make: (draw: Draw) => tf.Tensor): tf.Tensor {
    const generator = this.generators.get(chance) ?? make(this.of(chance));
    this.generators.set(chance, generator);
    return generator;
  }

  /** What the same steps draw in the first iteration. */
  first(): Draws {
    const firsts = [...this.draws].map(([chance, { seed }]) => [chance, { seed, nth: 0 }] as const);
    return (this.firsts ??= new Draws(new Map(firsts)));
  }

  /** Frees the generators. */
  dispose(): void {
    tf.dispose([...this.generators.values()]);
    this.generators.clear();
    this.firsts?.dispose();
  }
}
