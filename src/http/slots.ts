// What is under way, and is so for a moment. A Map or a Set would keep it for much longer: what V8 replaces its table by,
// every few additions, holds on to what was in the one before until all memory is looked through.

export interface Slots<Value> {
  /** @returns where it is, until it is taken out */
  readonly put: (value: Value) => number;
  /** @returns what was there, if anything is */
  readonly take: (place: number) => Value | undefined;
  readonly all: () => readonly Value[];
  /** How many there are. */
  readonly count: () => number;
}

/** As many as were ever there at once are kept as places, and used again. */
export function createSlots<Value>(): Slots<Value> {
  const values: (Value | undefined)[] = [];
  const free: number[] = [];
  return {
    put: (value) => {
      const place = free.pop() ?? values.length;
      values[place] = value;
      return place;
    },
    take: (place) => {
      const value = values[place];
      if (value === undefined) return undefined;
      values[place] = undefined;
      free.push(place);
      return value;
    },
    all: () => values.filter((value) => value !== undefined),
    count: () => values.length - free.length,
  };
}
