/** Where values stand on an axis, and what is written beside it. */
import type { Json } from "../../display/bundle";
import { asText, attributesOf, listOf, numberOr, textOr, titleOf, type Attributes } from "./read";

/** A line and a text on an axis. */
export interface Tick {
  /** In pixels. */
  readonly at: number;
  readonly text: string;
}

/** An axis of a picture. */
export interface Scale {
  /** The place of a value, in pixels; NaN if it has none. */
  at(value: Json): number;
  readonly ticks: readonly Tick[];
  readonly title: string;
  /** Pixels of one category, or of 1. */
  readonly unit: number;
  readonly isCategory: boolean;
}

/** What an axis is made from. */
export interface ScaleInput {
  readonly attributes: Attributes;
  /** All values that are drawn on it. */
  readonly values: readonly Json[];
  /** The pixels of its beginning and its end. */
  readonly from: number;
  readonly to: number;
  /** That it begins at 0, as bars do, and how far beyond the values it goes on both sides, as a part. */
  readonly zero: boolean;
  readonly margin: number;
}

/** The axis for its values: of categories, logarithmic, or linear. */
export function scaleOf(input: ScaleInput): Scale {
  const { attributes, values } = input;
  const type = textOr(attributes["type"], "-");
  const isText = values.some((value) => typeof value === "string" && !Number.isFinite(Number(value)));
  if (type === "category" || (type === "-" && isText)) return categories(input);
  return numbers(input, type === "log");
}

function categories({ attributes, values, from, to }: ScaleInput): Scale {
  const names = [...new Set(values.filter((value) => value !== null).map(asText))];
  const isReversed = attributes["autorange"] === "reversed";
  const unit = (to - from) / Math.max(1, names.length);
  const place = (i: number): number => (isReversed ? to - (i + 0.5) * unit : from + (i + 0.5) * unit);
  const places = new Map(names.map((name, i) => [name, place(i)]));
  return {
    at: (value) => places.get(asText(value)) ?? NaN,
    ticks: names.map((text, i) => ({ at: place(i), text })),
    ...{ title: titleOf(attributes), unit: Math.abs(unit), isCategory: true },
  };
}

function numbers(input: ScaleInput, isLog: boolean): Scale {
  const { attributes, values, from, to } = input;
  const known = values.filter((value) => value !== null).map(Number).map((value) => (isLog ? Math.log10(value) : value)); // prettier-ignore
  const [low, high] = rangeOf(input, known.filter((value) => Number.isFinite(value))); // prettier-ignore
  const unit = (to - from) / (high - low);
  const place = (value: number): number => from + (value - low) * unit;
  const at = (value: Json): number => {
    if (value === null) return NaN;
    return place(isLog ? Math.log10(Number(value)) : Number(value));
  };
  const room = Math.max(2, Math.floor(Math.abs(to - from) / (Math.abs(to - from) > 400 ? 90 : 50)));
  const given = listOf(attributes["tickvals"]).map(Number);
  const texts = listOf(attributes["ticktext"]);
  const format = formatter(attributes, isLog, (high - low) / room);
  const marks = given.length > 0 ? given : steps(low, high, isLog ? Math.max(1, niceStep((high - low) / room)) : niceStep((high - low) / room)); // prettier-ignore
  const ticks = marks.map((value, i) => ({ at: place(value), text: textOr(texts[i], format(value)) }));
  return { at, ticks, title: titleOf(attributes), unit: Math.abs(unit), isCategory: false };
}

function rangeOf({ attributes, zero, margin }: ScaleInput, known: readonly number[]): [number, number] {
  const range = listOf(attributes["range"]);
  let low = known.reduce((least, value) => Math.min(least, value), Infinity);
  let high = known.reduce((most, value) => Math.max(most, value), -Infinity);
  if (known.length === 0) [low, high] = [0, 1];
  const isFromZero = zero || attributes["rangemode"] === "tozero";
  if (isFromZero) [low, high] = [Math.min(0, low), Math.max(0, high)];
  if (low === high) [low, high] = isFromZero ? [0, high === 0 ? 1 : high * 2] : [low - 1, high + 1];
  const beyond = (high - low) * margin;
  const first = isFromZero && low === 0 ? 0 : low - beyond;
  const ends: [number, number] = [numberOr(range[0], first), numberOr(range[1], high + beyond)];
  return attributes["autorange"] === "reversed" ? [ends[1], ends[0]] : ends;
}

/** 1, 2 or 5 times a power of ten, not below a step. */
function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.abs(step)));
  const times = [1, 2, 5, 10].find((one) => one * power >= Math.abs(step) * 0.999) ?? 10;
  return times * power;
}

function steps(low: number, high: number, step: number): number[] {
  const [least, most] = [Math.min(low, high), Math.max(low, high)];
  const first = Math.ceil(least / step - 1e-9);
  const count = Math.floor(most / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step);
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function formatter(attributes: Attributes, isLog: boolean, step: number): (value: number) => string {
  if (isLog) return (power) => `10${power < 0 ? "⁻" : ""}${[...String(Math.abs(Math.round(power)))].map((digit) => RAISED[Number(digit)] ?? "").join("")}`; // prettier-ignore
  const [, percentDigits] = /^\.(\d)%$/.exec(textOr(attributes["tickformat"], "")) ?? [];
  if (percentDigits !== undefined) return (value) => `${(100 * value).toFixed(Number(percentDigits))}%`;
  const digits = Math.min(12, Math.max(0, -Math.floor(Math.log10(niceStep(step)) + 1e-9)));
  return (value) => {
    if (listOf(attributes["tickvals"]).length > 0) return String(value);
    if (value !== 0 && (Math.abs(value) >= 1e6 || digits > 5))
      return Number(value.toPrecision(3)).toExponential();
    return value.toFixed(digits).replace("-", "−");
  };
}

/** The attributes of the axis that a trace or an annotation names: "y2" is the layout's yaxis2. */
export function axisAttributes(layout: Attributes, name: string): Attributes {
  return attributesOf(layout[`${name.slice(0, 1)}axis${name.slice(1)}`]);
}
