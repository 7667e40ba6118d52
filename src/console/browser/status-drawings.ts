// What the status page draws with, in the browser: bars over time and small lines, in SVG.
//
// One function that needs nothing from outside, for its text is what the browser gets (see assets.ts).

/** One bar: upwards what was granted by contract, downwards what was not by kind. */
export interface Bar {
  /** Seconds since 1970. */
  readonly at: number;
  readonly up: readonly number[];
  readonly down: readonly number[];
}

export interface Chart {
  readonly bars: readonly Bar[];
  /** Seconds between two labels of the time axis. */
  readonly labelEvery: number;
  /** The bar that is read out, if one is. */
  readonly chosen: number | undefined;
}

export interface Drawings {
  /** @param width pixels */
  readonly bars: (chart: Chart, width: number) => SVGElement;
  /** Which bar is at a place of the drawing, in pixels from its left. */
  readonly barAt: (count: number, width: number, x: number) => number;
  readonly line: (values: readonly number[], ray: number) => SVGElement;
  readonly timeOf: (at: number, withSeconds: boolean) => string;
}

export function drawings(): Drawings {
  const left = 40;
  const right = 2;
  const top = 10;
  const axis = 26;
  const height = 300;

  return {
    bars,
    line,
    timeOf,
    barAt: (count, width, x) => {
      const index = Math.floor(((x - left) / (width - left - right)) * count);
      return Math.min(Math.max(index, 0), count - 1);
    },
  };

  function bars({ bars: all, labelEvery, chosen }: Chart, width: number): SVGElement {
    const drawing = shape('svg', { viewBox: `0 0 ${width} ${height}`, width, height, 'aria-hidden': 'true' });
    if (chosen !== undefined) drawing.setAttribute('class', 'has-chosen');
    const most = (of: (bar: Bar) => readonly number[]): number => Math.max(...all.map((bar) => sum(of(bar))), 0);
    const [up, down] = [most(({ up }) => up), most(({ down }) => down)];
    const step = niceStep(Math.max(up, down, 4));
    const [above, below] = [Math.max(Math.ceil(up / step), 1) * step, Math.ceil(down / step) * step];
    const room = height - top - axis;
    // Where nothing was refused there is still a line to see that.
    const perUnit = (room - (below === 0 ? 8 : 0)) / (above + below);
    const zero = top + above * perUnit;
    const slot = (width - left - right) / all.length;

    for (let value = -below; value <= above; value += step) {
      const y = zero - value * perUnit;
      drawing.append(
        shape('line', { class: value === 0 ? 'zero' : 'grid', x1: left, x2: width - right, y1: y, y2: y }),
        words(left - 8, y + 4, Math.abs(value).toLocaleString('en'), 'axis-words axis-end'),
      );
    }
    all.forEach((bar, index) => {
      const x = left + index * slot;
      if (index === chosen) {
        drawing.append(shape('rect', { class: 'chosen', x, y: top, width: slot, height: room }));
      }
      if (bar.at % labelEvery === 0 && x > left + 14 && x < width - 24) {
        drawing.append(
          shape('line', { class: 'tick', x1: x, x2: x, y1: top + room, y2: top + room + 5 }),
          words(x, height - 6, timeOf(bar.at, false), 'axis-words axis-middle'),
        );
      }
      const group = shape('g', { class: index === chosen ? 'bar is-chosen' : 'bar' });
      stack(group, bar.up, 'up', x, slot, zero, -perUnit);
      stack(group, bar.down, 'down', x, slot, zero, perUnit);
      drawing.append(group);
    });
    if (up + down === 0) drawing.append(words(width / 2, top + room / 2, 'No requests in this time', 'nothing'));
    return drawing;
  }

  /** Parts on top of each other away from the line at zero; what is there at all is at least a pixel high. */
  function stack(
    group: SVGElement,
    parts: readonly number[],
    name: string,
    x: number,
    slot: number,
    zero: number,
    perUnit: number,
  ): void {
    const gap = Math.min(Math.max(slot * 0.22, 1), 4);
    let y = zero + Math.sign(perUnit);
    parts.forEach((count, index) => {
      if (count === 0) return;
      const length = Math.max(Math.abs(count * perUnit), 1.5);
      const begin = perUnit < 0 ? y - length : y;
      const size = { x: x + gap / 2, y: begin, width: slot - gap, height: Math.max(length - 0.75, 1) };
      group.append(shape('rect', { class: `${name}-${String(index + 1)}`, rx: 1, ...size }));
      y += Math.sign(perUnit) * length;
    });
  }

  /** A line over an area, without axes: it shows the shape and the table beside it the figures. */
  function line(values: readonly number[], ray: number): SVGElement {
    const [width, tall] = [160, 36];
    const drawing = shape('svg', {
      viewBox: `0 0 ${width} ${tall}`,
      preserveAspectRatio: 'none',
      class: `line ray-${ray}`,
      'aria-hidden': 'true',
    });
    const most = Math.max(...values, 1);
    const points = values.map((value, index) => {
      const x = (index / Math.max(values.length - 1, 1)) * width;
      return `${x.toFixed(1)} ${(tall - 2 - (value / most) * (tall - 5)).toFixed(1)}`;
    });
    drawing.append(
      shape('path', { class: 'line-area', d: `M0 ${tall} L${points.join(' L')} L${width} ${tall}Z` }),
      shape('path', { class: 'line-edge', d: `M${points.join(' L')}`, 'vector-effect': 'non-scaling-stroke' }),
    );
    return drawing;
  }

  /** 1, 2 or 5 times a power of ten, so that four steps or fewer go up to `most`. */
  function niceStep(most: number): number {
    const rough = most / 4;
    const power = 10 ** Math.floor(Math.log10(rough));
    const factor = [1, 2, 5, 10].find((each) => each * power >= rough) ?? 10;
    return Math.max(factor * power, 1);
  }

  function timeOf(at: number, withSeconds: boolean): string {
    const time = new Date(at * 1000).toTimeString();
    return time.slice(0, withSeconds ? 8 : 5);
  }

  function words(x: number, y: number, text: string, name: string): SVGElement {
    const element = shape('text', { x, y, class: name });
    element.textContent = text;
    return element;
  }

  function shape(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    return element;
  }

  function sum(numbers: readonly number[]): number {
    return numbers.reduce((all, each) => all + each, 0);
  }
}
