// The chart of the status page: its arithmetic, and its drawings in SVG.
import type { ServerStatus } from '../model.ts';
import { clockTime } from './dom.ts';

/** One bar: granted requests by contract above zero, others by kind below it. */
export interface Bar {
  /** Seconds since 1970. */
  readonly at: number;
  readonly up: readonly number[];
  readonly down: readonly number[];
}

export const barCount = 60;

/** The parts of a bar below zero, and the kinds of outcomes that each counts. */
export const notGranted: readonly { readonly name: string; readonly kinds: readonly string[] }[] = [
  { name: 'refused', kinds: ['refused'] },
  { name: 'not valid', kinds: ['violation', 'no_credential', 'unread'] },
  { name: 'throttled', kinds: ['throttled'] },
  { name: 'unavailable', kinds: ['unavailable'] },
  { name: 'fault', kinds: ['fault'] },
];

/** Each bar begins at a multiple of its length; the last one is still being filled. @param span seconds of all bars */
export function barsOf({ history, contracts }: ServerStatus, span: number): readonly Bar[] {
  const { begin, slotLength, slotCount } = history;
  const length = span / barCount;
  const end = Math.ceil((begin + slotCount * slotLength) / length) * length;
  return Array.from({ length: barCount }, (_bar, index) => {
    const at = end - (barCount - index) * length;
    const [first = 0, last] = [at, at + length].map((time) => Math.max(Math.round((time - begin) / slotLength), 0));
    const within = (counts: readonly number[] = []): number => sum(counts.slice(first, last));
    const ofKinds = (kinds: readonly string[]): number =>
      sum(contracts.flatMap(({ series }) => kinds.map((kind) => within(series[kind]))));
    return {
      at,
      up: contracts.map(({ series }) => within(series['granted'])),
      down: notGranted.map(({ kinds }) => ofKinds(kinds)),
    };
  });
}

/** Counts the requests of these kinds, of all contracts, in the whole history. */
export function total({ contracts }: Pick<ServerStatus, 'contracts'>, kinds: readonly string[]): number {
  return sum(contracts.flatMap(({ series }) => kinds.flatMap((kind) => series[kind] ?? [])));
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0);
}

/** Rounds `seconds` to the largest useful unit. */
export function durationOf(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  const hours = Math.floor(seconds / 3600);
  return hours < 48 ? `${hours} h ${Math.floor((seconds % 3600) / 60)} min` : `${Math.floor(hours / 24)} d`;
}

export function counted(count: number, name: string): string {
  return `${count.toLocaleString('en')} ${name}${count === 1 ? '' : 's'}`;
}

export interface Chart {
  readonly bars: readonly Bar[];
  /** Seconds between two labels of the time axis. */
  readonly labelEvery: number;
  /** The bar that is read out, if any. */
  readonly chosen: number | undefined;
}

const [left, right, top, axis, height] = [40, 2, 10, 26, 300];
const room = height - top - axis;

/** @param width pixels */
export function drawBars({ bars, labelEvery, chosen }: Chart, width: number): SVGElement {
  const drawing = shape('svg', { viewBox: `0 0 ${width} ${height}`, width, height, 'aria-hidden': 'true' });
  if (chosen !== undefined) drawing.setAttribute('class', 'has-chosen');
  const [up, down] = [Math.max(...bars.map((bar) => sum(bar.up))), Math.max(...bars.map((bar) => sum(bar.down)))];
  const step = niceStep(Math.max(up, down, 4));
  const [above, below] = [Math.max(Math.ceil(up / step), 1) * step, Math.ceil(down / step) * step];
  // Keeps the line at zero visible when no bar goes below it.
  const perUnit = (room - (below === 0 ? 8 : 0)) / (above + below);
  const zero = top + above * perUnit;
  const slot = (width - left - right) / bars.length;

  for (let value = -below; value <= above; value += step) {
    const y = zero - value * perUnit;
    drawing.append(
      shape('line', { class: value === 0 ? 'zero' : 'grid', x1: left, x2: width - right, y1: y, y2: y }),
      textShape(left - 8, y + 4, Math.abs(value).toLocaleString('en'), 'axis-words axis-end'),
    );
  }
  bars.forEach((bar, index) => {
    const x = left + index * slot;
    const isChosen = index === chosen;
    if (isChosen) drawing.append(shape('rect', { class: 'chosen', x, y: top, width: slot, height: room }));
    if (bar.at % labelEvery === 0 && x > left + 14 && x < width - 24) {
      drawing.append(
        shape('line', { class: 'tick', x1: x, x2: x, y1: top + room, y2: top + room + 5 }),
        textShape(x, height - 6, timeOf(bar.at, false), 'axis-words'),
      );
    }
    const group = shape('g', { class: isChosen ? 'bar is-chosen' : 'bar' });
    group.append(...stack(bar.up, 'ray', -perUnit), ...stack(bar.down, 'kind', perUnit));
    group.setAttribute('transform', `translate(${x} ${zero})`);
    drawing.append(group);
  });
  if (up + down === 0) drawing.append(textShape(width / 2, top + room / 2, 'No requests in this time', 'axis-words'));
  return drawing;

  /** Stacks parts away from zero. A part with a count is at least a pixel high. */
  function stack(parts: readonly number[], name: string, perPart: number): readonly SVGElement[] {
    const gap = Math.min(Math.max(slot * 0.22, 1), 4);
    let end = Math.sign(perPart);
    return parts.flatMap((count, index) => {
      if (count === 0) return [];
      const length = Math.max(Math.abs(count * perPart), 1.5);
      const y = perPart < 0 ? end - length : end;
      end += Math.sign(perPart) * length;
      const size = { x: gap / 2, y, width: slot - gap, height: Math.max(length - 0.75, 1) };
      return [shape('rect', { class: `${name}-${(index % 5) + 1}`, rx: 1, ...size })];
    });
  }
}

/** Returns the index of the bar at `x` pixels from the left of the drawing. */
export function barAt(count: number, width: number, x: number): number {
  const index = Math.floor(((x - left) / (width - left - right)) * count);
  return Math.min(Math.max(index, 0), count - 1);
}

/** Draws a line over an area, without axes: the table beside it has the figures. */
export function drawLine(values: readonly number[], ray: number): SVGElement {
  const [width, tall] = [160, 36];
  const most = Math.max(...values, 1);
  const points = values.map((value, index) => {
    const x = (index / Math.max(values.length - 1, 1)) * width;
    return `${x.toFixed(1)} ${(tall - 2 - (value / most) * (tall - 5)).toFixed(1)}`;
  });
  const stretched = { viewBox: `0 0 ${width} ${tall}`, preserveAspectRatio: 'none' };
  const drawing = shape('svg', { ...stretched, class: `line ray-${ray}`, 'aria-hidden': 'true' });
  drawing.append(
    shape('path', { class: 'line-area', d: `M0 ${tall} L${points.join(' L')} L${width} ${tall}Z` }),
    shape('path', { fill: 'none', d: `M${points.join(' L')}`, 'vector-effect': 'non-scaling-stroke' }),
  );
  return drawing;
}

export function timeOf(at: number, withSeconds: boolean): string {
  return clockTime(new Date(at * 1000)).slice(0, withSeconds ? 8 : 5);
}

/** Returns 1, 2 or 5 times a power of ten, so that at most four steps reach `most`. */
function niceStep(most: number): number {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((each) => each * power >= rough) ?? 10;
  return Math.max(factor * power, 1);
}

function textShape(x: number, y: number, text: string, name: string): SVGElement {
  const created = shape('text', { x, y, class: name });
  created.textContent = text;
  return created;
}

function shape(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const created = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) created.setAttribute(key, String(value));
  return created;
}
