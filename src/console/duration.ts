// Durations for people.

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

/** Seconds in the largest unit that divides them, for example `30 d`. */
export function duration(seconds: number): string {
  const [unit, size] = units.find(([, length]) => seconds >= length && seconds % length === 0) ?? (['s', 1] as const);
  return `${String(seconds / size)} ${unit}`;
}
