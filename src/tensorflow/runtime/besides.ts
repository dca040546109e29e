/**
 * A WeakMap whose values stand in its keys, under a symbol of its own.
 *
 * V8 rehashes the whole table of a WeakMap that has shrunk each time an entry comes after one that went, so tfjs, which looks up
 * each tensor's data in two of them, may take 300 µs to make a scalar.
 */
export class Besides<V> {
  private readonly symbol = Symbol("slimlab");

  get(key: object): V | undefined {
    return (key as Record<symbol, V | undefined>)[this.symbol];
  }

  set(key: object, value: V): this {
    (key as Record<symbol, V | undefined>)[this.symbol] = value;
    return this;
  }

  has(key: object): boolean {
    return this.get(key) !== undefined;
  }

  delete(key: object): boolean {
    const had = this.has(key);
    if (had) (key as Record<symbol, V | undefined>)[this.symbol] = undefined;
    return had;
  }
}
