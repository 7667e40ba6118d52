// The speeds as a drawing: a bar for each target, with the range of its rounds.
import { median } from './loading.ts';
import type { Measured } from './summary.ts';

const [left, width, row] = [190, 420, 22];

export function chartOf({ at, machine, rounds }: Measured): string {
  const bars = Object.entries(rounds).map(([name, each]) => {
    const speeds = each.map(({ perSecond }) => perSecond);
    return { name, middle: median(speeds), least: Math.min(...speeds), most: Math.max(...speeds) };
  });
  const longest = Math.max(...bars.map(({ most }) => most), 1);
  const scaled = (speed: number): string => ((speed / longest) * width).toFixed(1);
  const height = bars.length * row + 34;
  const drawn = bars.map(({ name, middle, least, most }, index) => {
    const top = index * row + 8;
    const middleLine = String(top + 8);
    const colour = name.startsWith('refract') ? '#3b6fd4' : '#9aa4b2';
    const from = (left + Number(scaled(least))).toFixed(1);
    const to = (left + Number(scaled(most))).toFixed(1);
    return [
      `<text x="${String(left - 8)}" y="${String(top + 12)}" text-anchor="end">${name}</text>`,
      `<rect x="${String(left)}" y="${String(top)}" width="${scaled(middle)}" height="16" fill="${colour}"/>`,
      `<path d="M${from} ${middleLine}H${to}" stroke="#222"/>`,
      `<text x="${String(left + width + 8)}" y="${String(top + 12)}">${middle.toFixed(0)}/s</text>`,
    ].join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(left + width + 80)} ${String(height)}" font-family="sans-serif" font-size="11">`,
    '<title>Refreshes a second: median and range of the rounds</title>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...drawn,
    `<text x="8" y="${String(height - 8)}" fill="#555">${at.slice(0, 10)}, ${machine}</text>`,
    '</svg>',
    '',
  ].join('\n');
}
