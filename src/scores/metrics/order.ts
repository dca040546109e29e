/** Pixels of a map by their heat. */

/**
 * The numbers of a map's pixels from the greatest heat to the least, or the other way. Of pixels as hot as each other the one that is
 * read first comes first either way, so that a map that says nothing has the same order both ways.
 */
export function ordered(heat: Float32Array, first: "greatest" | "least"): Uint32Array {
  const sign = first === "greatest" ? -1 : 1;
  const order = Uint32Array.from({ length: heat.length }, (_, pixel) => pixel);
  return order.sort((a, b) => sign * ((heat[a] ?? 0) - (heat[b] ?? 0)) || a - b);
}

/** The rank of each value, from 1 on; like ones have the mean of theirs. */
export function ranks(values: Float32Array): Float64Array {
  const order = ordered(values, "least");
  const found = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && values[order[to] ?? 0] === values[order[from] ?? 0]) to++;
    for (let at = from; at < to; at++) found[order[at] ?? 0] = (from + 1 + to) / 2;
    from = to;
  }
  return found;
}

/**
 * The correlation of two lists of ranks, −1…1, which is Spearman's of what they rank; 0 if one ranks nothing above anything.
 * @see Spearman 1904, "The proof and measurement of association between two things"
 */
export function correlation(some: Float64Array, others: Float64Array): number {
  const mean = (some.length + 1) / 2;
  let [both, one, other] = [0, 0, 0];
  for (let i = 0; i < some.length; i++) {
    const [a, b] = [(some[i] ?? 0) - mean, (others[i] ?? 0) - mean];
    both += a * b;
    one += a * a;
    other += b * b;
  }
  return one === 0 || other === 0 ? 0 : both / Math.sqrt(one * other);
}
