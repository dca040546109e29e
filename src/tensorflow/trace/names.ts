/** Names that graphs allow. */

/** A name that a graph allows: tfjs makes names unique by "#2" and so on. */
export const plainName = (name: string): string => name.replace(/#\d+$/, "").replace(/[^\w./>-]/g, "_");

/** Gives names that were not given before: "name", "name_1" and so on. */
export class Names {
  private readonly taken: Set<string>;
  /** By a name: which number is to be tried. */
  private readonly next = new Map<string, number>();

  constructor(taken: Iterable<string> = []) {
    this.taken = new Set(taken);
  }

  unique(wanted: string): string {
    const plain = plainName(wanted);
    for (let i = this.next.get(plain) ?? 0; ; i++) {
      const name = i === 0 ? plain : `${plain}_${i}`;
      if (this.taken.has(name)) continue;
      this.taken.add(name);
      this.next.set(plain, i + 1);
      return name;
    }
  }
}
