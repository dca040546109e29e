import { Besides } from "../runtime/besides";
import { executeOne } from "./execute";
import { currentObserver, observe, sharers, tf } from "../runtime/runtime";

/** The variables as a recording finds them, so that it can tell what was assigned and put it back. */
export class Variables {
  private readonly saved = new Map<tf.Variable, tf.Tensor>();
  private readonly byData = new Map<object, tf.Variable>();
  private readonly initial = new Map<tf.Variable, tf.Tensor>();
  private readonly stopWatching: () => void;

  constructor() {
    const engine = tf.engine();
    for (const variable of Object.values(engine.state.registeredVariables)) {
      // Inside another recording a variable shares its memory with what that one saved.
      if (currentObserver() === undefined) separate(variable);
      this.saved.set(
        variable,
        observe(undefined, () => tf.keep(variable.clone())),
      );
      this.byData.set(variable.dataId, variable);
    }
    const make = engine.makeVariable;
    engine.makeVariable = (...args) => {
      const variable = make.apply(engine, args);
      this.initial.set(variable, tf.keep(observe(undefined, () => variable.clone())));
      return variable;
    };
    this.stopWatching = () => {
      engine.makeVariable = make;
    };
  }

  at(dataId: object): tf.Variable | undefined {
    return this.byData.get(dataId);
  }

  changed(): tf.Variable[] {
    return [...this.saved]
      .filter(([variable, saved]) => variable.dataId !== saved.dataId)
      .map(([variable]) => variable);
  }

  created(): tf.Variable[] {
    return [...this.initial.keys()].filter((variable) => !variable.isDisposed);
  }

  restore(): void {
    this.stopWatching();
    for (const [variable, value] of [...this.saved, ...this.initial]) {
      if (!variable.isDisposed && variable.dataId !== value.dataId) variable.assign(value);
      value.dispose();
    }
    for (const known of [this.saved, this.byData, this.initial]) known.clear(); // else a recording keeps all variables
  }
}

const separated = new Besides<WeakRef<object>>(); // by the data of a variable's own, what it was a copy of

/** What tells a variable's value from those that it is assigned afterwards; to be held for a while only, since it holds data. */
export function versionOf({ dataId }: tf.Variable): object {
  return separated.get(dataId)?.deref() ?? dataId;
}

/** Gives a variable memory of its own, so that its handle tells it from whatever else shared it. */
function separate(variable: tf.Variable): void {
  if (sharers(variable) === 1) return;
  const version = versionOf(variable);
  const copy = executeOne("Identity", [variable]);
  variable.assign(copy);
  separated.set(variable.dataId, new WeakRef(version));
  copy.dispose();
}
