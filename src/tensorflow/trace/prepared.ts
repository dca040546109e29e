import { execute } from "./execute";
import { observe, tf } from "../runtime/runtime";
import { versionOf } from "./variables";

/** A registered function of what a recording closes over. */
interface PreparingFunction {
  readonly name: string;
  readonly captures: readonly tf.Tensor[];
  /** How many tensors it gives. */
  readonly gives: number;
}

/** What a function makes of what it closes over: computed once, and again when a variable has been assigned. */
export class Prepared {
  private versions: WeakRef<object>[] = [];
  private values: readonly tf.Tensor[] = [];

  constructor(private readonly fn: PreparingFunction) {}

  /** The values for the variables as they are now; they stay this object's. */
  get(): readonly tf.Tensor[] {
    const { name, captures, gives } = this.fn;
    const now = captures.map(versionIn);
    if (this.values.length > 0 && now.every((version, i) => this.versions[i]?.deref() === version))
      return this.values;
    this.dispose();
    this.values = observe(undefined, () => execute(name, captures, {}, gives)).map((value) => tf.keep(value));
    this.versions = now.map((version) => new WeakRef(version));
    return this.values;
  }

  /** Frees the values. */
  dispose(): void {
    for (const value of this.values) value.dispose();
    this.values = [];
  }
}

/** What tells a value from those that are assigned afterwards. */
function versionIn(tensor: tf.Tensor): object {
  return tensor instanceof tf.Variable ? versionOf(tensor as tf.Variable) : tensor.dataId;
}
