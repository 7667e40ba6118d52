// The drawings of the status page, in SVG: bars over time and small lines.
import { clockTime } from './dom.ts';
import { sum, type Bar } from './status-figures.ts';

export interface Chart {
  readonly bars: readonly Bar[];
  /** Seconds between two labels of the time axis. */
  readonly labelEvery: number;
  /** The bar that is read out, if one is. */
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
  // Leaves room to see the line at zero where nothing was refused.
  const perUnit = (room - (below === 0 ? 8 : 0)) / (above + below);
  const zero = top + above * perUnit;
  const slot = (width - left - right) / bars.length;

  for (let value = -below; value <= above; value += step) {
    const y = zero - value * perUnit;
    drawing.append(
      shape('line', { class: value === 0 ? 'zero' : 'grid', x1: left, x2: width - right, y1: y, y2: y }),
      words(left - 8, y + 4, Math.abs(value).toLocaleString('en'), 'axis-words axis-end'),
    );
  }
  bars.forEach((bar, index) => {
    const x = left + index * slot;
    const isChosen = index === chosen;
    if (isChosen) drawing.append(shape('rect', { class: 'chosen', x, y: top, width: slot, height: room }));
    if (bar.at % labelEvery === 0 && x > left + 14 && x < width - 24) {
      drawing.append(
        shape('line', { class: 'tick', x1: x, x2: x, y1: top + room, y2: top + room + 5 }),
        words(x, height - 6, timeOf(bar.at, false), 'axis-words'),
      );
    }
    const group = shape('g', { class: isChosen ? 'bar is-chosen' : 'bar' });
    group.append(...stack(bar.up, 'ray', -perUnit), ...stack(bar.down, 'kind', perUnit));
    group.setAttribute('transform', `translate(${x} ${zero})`);
    drawing.append(group);
  });
  if (up + down === 0) drawing.append(words(width / 2, top + room / 2, 'No requests in this time', 'axis-words'));
  return drawing;

  /** Parts on top of each other away from zero; a part that counts anything is at least a pixel high. */
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

/** Which bar is at a place of the drawing, in pixels from its left. */
export function barAt(count: number, width: number, x: number): number {
  const index = Math.floor(((x - left) / (width - left - right)) * count);
  return Math.min(Math.max(index, 0), count - 1);
}

/** A line over an area, without axes: it shows the shape, and the table beside it the figures. */
export function drawLine(values: readonly number[], ray: number): SVGElement {
  const [width, tall] = [160, 36];
  const most = Math.max(...values, 1);
  const points = values.map((value, index) => {
    const x = (index / Math.max(values.length - 1, 1)) * width;
    return `${x.toFixed(1)} ${(tall - 2 - (value / most) * (tall - 5)).toFixed(1)}`;
  });
  const drawing = shape('svg', {
    viewBox: `0 0 ${width} ${tall}`,
    preserveAspectRatio: 'none',
    class: `line ray-${ray}`,
    'aria-hidden': 'true',
  });
  drawing.append(
    shape('path', { class: 'line-area', d: `M0 ${tall} L${points.join(' L')} L${width} ${tall}Z` }),
    shape('path', { class: 'line-edge', d: `M${points.join(' L')}`, 'vector-effect': 'non-scaling-stroke' }),
  );
  return drawing;
}

export function timeOf(at: number, withSeconds: boolean): string {
  return clockTime(new Date(at * 1000)).slice(0, withSeconds ? 8 : 5);
}

/** 1, 2 or 5 times a power of ten, so that at most four steps reach `most`. */
function niceStep(most: number): number {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((each) => each * power >= rough) ?? 10;
  return Math.max(factor * power, 1);
}

function words(x: number, y: number, text: string, name: string): SVGElement {
  const made = shape('text', { x, y, class: name });
  made.textContent = text;
  return made;
}

function shape(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}
