/** The classes with their bars. */
import type { Description } from "./description.js";
import { element, made } from "./elements.js";

/** Classes that are shown before a person asks for more. */
const TOP = 5;

const verdict = element("verdict", HTMLHeadingElement);
const list = element("classes", HTMLOListElement);
const more = element("more", HTMLButtonElement);
const limit = element("limit", HTMLLabelElement);
const threshold = element("threshold", HTMLInputElement);
const limitText = element("limitText", HTMLOutputElement);

/** A class in the list. */
interface Row {
  readonly item: HTMLLIElement;
  readonly button: HTMLButtonElement;
  readonly share: HTMLSpanElement;
  readonly bar: HTMLSpanElement;
  readonly mark: HTMLSpanElement;
}

/** The classes of a classifier on the page. */
export class Results {
  private readonly rows: readonly Row[];
  private probabilities: readonly number[] = [];
  private isWhole = false;
  /** What a person has chosen in place of the thresholds of the model. */
  private asked: number | undefined;

  /** @param onClass  called with the class whose heat is wished */
  constructor(
    private readonly about: Description,
    private readonly onClass: (index: number) => void,
  ) {
    this.rows = about.classNames.map((name, i) => this.rowOf(name, i));
    more.addEventListener("click", () => this.toggle());
    if (!about.multiLabel) return;
    threshold.value = String(this.limitOf(0));
    threshold.addEventListener("input", () => {
      this.asked = Number(threshold.value);
      this.draw();
    });
    limit.hidden = false;
    this.tellLimit();
  }

  /** Shows what is predicted. @param heatOf  the class whose heat is shown */
  show(probabilities: readonly number[], heatOf: number | undefined): void {
    this.probabilities = probabilities;
    this.rows.forEach(({ button }, i) => button.setAttribute("aria-pressed", String(i === heatOf)));
    this.draw();
  }

  /** The most probable class. */
  get predicted(): number {
    return this.probabilities.indexOf(Math.max(...this.probabilities));
  }

  private limitOf(i: number): number {
    const { threshold: given } = this.about;
    return this.asked ?? (typeof given === "number" ? given : (given[i] ?? 0.5));
  }

  /** The classes above their thresholds, or the most probable one. */
  private chosen(): readonly number[] {
    const { multiLabel } = this.about;
    if (!multiLabel) return [this.predicted];
    return this.probabilities.flatMap((value, i) => (value > this.limitOf(i) ? [i] : []));
  }

  private draw(): void {
    const { classNames } = this.about;
    if (this.about.multiLabel) this.tellLimit();
    if (this.probabilities.length === 0) return;
    const chosen = new Set(this.chosen());
    const order = this.probabilities.map((_, i) => i).sort((a, b) => (this.probabilities[b] ?? 0) - (this.probabilities[a] ?? 0)); // prettier-ignore
    const said = order.filter((i) => chosen.has(i)).map((i) => classNames[i] ?? "");
    const text = said.length === 0 ? "None of the classes" : said.join(", ");
    if (verdict.textContent !== text) verdict.textContent = text;
    const shown = this.isWhole ? order : order.slice(0, TOP);
    for (const i of shown) this.drawRow(i, chosen.has(i));
    const items = shown.flatMap((i) => this.rows[i]?.item ?? []);
    if (items.length !== list.children.length || items.some((item, i) => list.children[i] !== item)) putIn(items); // prettier-ignore
    const rest = order.length - TOP;
    more.hidden = rest <= 0;
    more.textContent = this.isWhole ? "Fewer" : `${rest} more`;
    more.setAttribute("aria-expanded", String(this.isWhole));
  }

  private drawRow(i: number, isChosen: boolean): void {
    const row = this.rows[i];
    if (row === undefined) return;
    const probability = this.probabilities[i] ?? 0;
    row.item.dataset["probability"] = String(probability);
    row.item.classList.toggle("chosen", isChosen);
    row.share.textContent = percentOf(probability);
    row.bar.style.width = `${100 * probability}%`;
    row.mark.hidden = !this.about.multiLabel;
    row.mark.style.left = `${100 * this.limitOf(i)}%`;
  }

  private tellLimit(): void {
    const isOne = this.asked !== undefined || typeof this.about.threshold === "number";
    limitText.textContent = isOne ? percentOf(this.limitOf(0)) : "for each class";
  }

  private toggle(): void {
    this.isWhole = !this.isWhole;
    this.draw();
  }

  private rowOf(name: string, i: number): Row {
    const item = made("li", "");
    const button = made("button", "");
    button.type = "button";
    button.disabled = this.about.outputs.heat === undefined;
    if (!button.disabled) button.title = `Heat of ${name}`;
    const [share, track, bar, mark] = [made("span", "share"), made("span", "track"), made("span", "bar"), made("span", "mark")]; // prettier-ignore
    track.setAttribute("aria-hidden", "true");
    track.append(bar, mark);
    button.append(made("span", "name", name), share, track);
    button.addEventListener("click", () => this.onClass(i));
    item.append(button);
    return { item, button, share, bar, mark };
  }
}

/** Puts classes into the list; what has the focus keeps it. */
function putIn(items: readonly HTMLLIElement[]): void {
  const focused = document.activeElement;
  list.replaceChildren(...items);
  if (focused instanceof HTMLElement && list.contains(focused)) focused.focus();
}

/** "97.3 %"; never 100 or 0 of what is neither. */
export function percentOf(share: number): string {
  const text = (100 * share).toFixed(1);
  if (text === "100.0" && share < 1) return "> 99.9 %";
  return text === "0.0" && share > 0 ? "< 0.1 %" : `${text} %`;
}
