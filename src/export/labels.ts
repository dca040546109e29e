/** Names of classes, as an export takes them along. */

/** The asset that names the classes, one a line. */
export const LABELS_FILE = "labels.txt";

/**
 * Checks the names of classes.
 * @param numClasses  how many there must be; undefined: any number
 * @throws {RangeError} if there is another number of them, or one is empty or of several lines
 */
export function expectLabels(what: string, labels: readonly string[] | undefined, numClasses?: number): void {
  if (labels === undefined) return;
  if (numClasses !== undefined && labels.length !== numClasses)
    throw new RangeError(`Cannot ${what}: expected ${numClasses} labels, got ${labels.length}`);
  const broken = labels.find((label) => label.trim() === "" || /[\r\n]/.test(label));
  if (broken !== undefined)
    throw new RangeError(`Cannot ${what}: expected labels of one line each, got ${JSON.stringify(broken)}`);
}
