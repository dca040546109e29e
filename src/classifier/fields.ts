/** The fields of a JSON object, each checked as it is read. */

/** Says what is wrong with a file. */
type Refuse = (expected: string, got: unknown) => Error;

/** The fields of one object of a file. */
export class Fields {
  private readonly values: ReadonlyMap<string, unknown>;

  /**
   * @param value   what the object is to be
   * @param refuse  makes the error that names the file
   * @param where   the object in the file, for errors: "" or "model."
   */
  constructor(
    value: unknown,
    private readonly refuse: Refuse,
    private readonly where = "",
  ) {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    if (!isObject) throw refuse(where === "" ? "an object" : `${where.slice(0, -1)} an object`, value);
    this.values = new Map(Object.entries(value));
  }

  has(key: string): boolean {
    return this.values.has(key);
  }

  keys(): readonly string[] {
    return [...this.values.keys()];
  }

  /** An object in it. */
  object(key: string): Fields {
    return new Fields(this.values.get(key), this.refuse, `${this.where}${key}.`);
  }

  /** Objects in it. */
  objects(key: string): Fields[] {
    return this.list(key).map((one, i) => new Fields(one, this.refuse, `${this.where}${key}[${i}].`));
  }

  text(key: string): string {
    const value = this.values.get(key);
    if (typeof value === "string") return value;
    throw this.wrong(key, "a text");
  }

  texts(key: string): string[] {
    return this.list(key).map((one) => {
      if (typeof one === "string") return one;
      throw this.wrong(key, "texts");
    });
  }

  /** One of the texts that are known. */
  oneOf<T extends string>(key: string, known: readonly T[]): T {
    const given = this.text(key);
    const found = known.find((one) => one === given);
    if (found === undefined) throw this.refuse(`${this.where}${key} of ${known.join(", ")}`, given);
    return found;
  }

  flag(key: string): boolean {
    const value = this.values.get(key);
    if (typeof value === "boolean") return value;
    throw this.wrong(key, "true or false");
  }

  /** A number; null, as JSON has what is none, is NaN. */
  number(key: string): number {
    return this.numberOf(key, this.values.get(key));
  }

  numbers(key: string): number[] {
    return this.list(key).map((one) => this.numberOf(key, one));
  }

  /** A number for all or a list of them. */
  numberOrNumbers(key: string): number | number[] {
    return Array.isArray(this.values.get(key)) ? this.numbers(key) : this.number(key);
  }

  /** All fields as numbers. */
  allNumbers(): Record<string, number> {
    return Object.fromEntries(this.keys().map((key) => [key, this.number(key)]));
  }

  private numberOf(key: string, value: unknown): number {
    if (value === null) return NaN;
    if (typeof value === "number") return value;
    throw this.wrong(key, "a number");
  }

  private list(key: string): readonly unknown[] {
    const value = this.values.get(key);
    if (Array.isArray(value)) return value;
    throw this.wrong(key, "a list");
  }

  private wrong(key: string, expected: string): Error {
    return this.refuse(`${this.where}${key} ${expected}`, this.values.get(key));
  }
}
