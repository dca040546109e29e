import { deferred, quoteNearest, random, releaseSoon, tf } from "../tensorflow";
import { hash } from "./hash";

/** How a variable gets its first value. */
export type Initializer =
  | "scaledNormal"
  | "xavierUniform"
  | "zeros"
  | "ones"
  | { readonly constant: number }
  /** The standard deviation of a normal distribution, drawn again beyond two of it. */
  | { readonly truncatedNormal: number };

/** A variable before it exists. */
export interface VariableDeclaration {
  /** TF-Slim's name. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  /** False for moving statistics. */
  readonly trainable: boolean;
  /** Whether weight decay pulls at it: convolutional weights alone, as in TF-Slim's arg scope. */
  readonly regularized: boolean;
}

/** A variable of a model under its TF-Slim name. */
export interface ModelVariable {
  /** TF-Slim's name, the one in checkpoints. The tfjs variable's own may end in "#2" and so on, for it must be unique. */
  readonly name: string;
  readonly variable: tf.Variable;
  readonly trainable: boolean;
  /** Factor of sum(w²)/2 in the loss; 0 for none. */
  readonly weightDecay: number;
}

/** Options of ModelVariables. */
export interface ModelVariablesOptions {
  /** The same seed gives a variable of the same name and shape the same first value. @default 0 */
  readonly seed?: number;
  /** Weight decay of regularized variables. @default 1e-4 (TF-Slim resnet_arg_scope) */
  readonly weightDecay?: number;
}

/** The variables of a model, by TF-Slim name, in order of creation. */
export class ModelVariables {
  private readonly byName = new Map<string, ModelVariable>();
  private readonly seed: number;
  private readonly weightDecay: number;

  constructor(options: ModelVariablesOptions = {}) {
    const { seed = 0, weightDecay = 1e-4 } = options;
    this.seed = seed;
    this.weightDecay = weightDecay;
  }

  /** All of them, in order of creation. */
  all(): readonly ModelVariable[] {
    return [...this.byName.values()];
  }

  /**
   * All of them, for work that would do nothing without any.
   * @param what  the work, for the error
   * @throws {Error} if there are none, or some are disposed
   */
  expectAll(what: string): readonly ModelVariable[] {
    const all = this.all();
    if (all.length > 0 && !all.some(({ variable }) => variable.isDisposed)) return all;
    throw new Error(`Cannot ${what}: expected a model with its variables, got a disposed one`);
  }

  /** The variable of that name, or undefined. */
  find(name: string): ModelVariable | undefined {
    return this.byName.get(name);
  }

  /**
   * The tfjs variable of that name.
   * @throws {RangeError} if there is none, naming the nearest
   * @throws {Error} if all are disposed
   */
  expect(name: string): tf.Variable {
    const found = this.byName.get(name);
    if (found === undefined) {
      this.expectAll(`find variable "${name}"`);
      const near = quoteNearest(name, this.byName.keys());
      throw new RangeError(
        `Cannot find variable "${name}": expected one of the model's ${this.byName.size}, such as ${near}, got no such name`,
      );
    }
    return found.variable;
  }

  /**
   * Creates a variable, unless it exists.
   * @throws {TypeError} if it exists with another shape
   */
  create(declaration: VariableDeclaration): ModelVariable {
    const { name, shape, trainable, regularized } = declaration;
    const existing = this.byName.get(name);
    if (existing !== undefined) return expectShape(existing, shape);
    const value = initialValue(declaration, this.seed);
    const variable = tf.variable(value, trainable, uniqueName(name));
    value.dispose();
    const created = { name, variable, trainable, weightDecay: regularized ? this.weightDecay : 0 };
    this.byName.set(name, created);
    return created;
  }

  /** Frees them all. */
  dispose(): void {
    for (const { variable } of this.byName.values()) variable.dispose();
    this.byName.clear();
    releaseSoon();
  }
}

function expectShape(existing: ModelVariable, shape: readonly number[]): ModelVariable {
  const actual = existing.variable.shape;
  if (actual.join() === shape.join()) return existing;
  throw new TypeError(
    `Cannot use variable "${existing.name}": expected shape [${shape.join(", ")}], got [${actual.join(", ")}]`,
  );
}

function uniqueName(name: string): string {
  const taken = tf.engine().state.registeredVariables;
  let unique = name;
  for (let copy = 2; taken[unique] !== undefined; copy++) unique = `${name}#${copy}`;
  return unique;
}

/** What is drawn is drawn when it is asked for: not at all, if a checkpoint has other values for it. */
function initialValue({ name, shape, initializer }: VariableDeclaration, seed: number): tf.Tensor {
  const [fanIn, fanOut] = fans(shape);
  const drawn = (draw: (seed: tf.Tensor) => tf.Tensor): tf.Tensor =>
    deferred(shape, "float32", () => tf.tidy(() => draw(random.seed(seed, hash(name)))));
  if (typeof initializer === "object") {
    if ("constant" in initializer) return tf.fill([...shape], initializer.constant);
    const { truncatedNormal } = initializer;
    return drawn((own) => random.truncatedNormal(shape, own, 0, truncatedNormal));
  }
  switch (initializer) {
    case "zeros":
      return tf.zeros([...shape]);
    case "ones":
      return tf.ones([...shape]);
    case "scaledNormal":
      // 1.3 makes up for what truncation takes from the variance: slim.variance_scaling_initializer, factor 2.
      return drawn((own) => random.truncatedNormal(shape, own, 0, Math.sqrt((1.3 * 2) / fanIn)));
    case "xavierUniform": {
      const limit = Math.sqrt(6 / (fanIn + fanOut));
      return drawn((own) => random.uniform(shape, own, -limit, limit));
    }
  }
}

/** How many inputs an output sees, and how many outputs an input reaches. */
function fans(shape: readonly number[]): readonly [number, number] {
  const window = shape.slice(0, -2).reduce((area, size) => area * size, 1);
  return [window * (shape.at(-2) ?? 1), window * (shape.at(-1) ?? 1)];
}
