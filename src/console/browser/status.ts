// The status page: asks the server every few seconds for its state, and draws it.
import type { StatusShown } from '../model.ts';
import { element, find, rowsOf, setText } from './dom.ts';
import { barAt, drawBars, drawLine, timeOf } from './status-chart.ts';
import { showEvents } from './status-events.ts';
import { barCount, barsOf, below, counted, durationOf, sum, total, type Bar } from './status-figures.ts';

const intervalMs = 5_000;
const hour = 3600;
const state = find('.state');
const chart = find('.chart');
const { status: address = '', admin: adminPath = '' } = state.dataset;
const names = [...document.querySelectorAll<HTMLElement>('[data-contract]')].map((row) => row.dataset['contract']);
const rayOf = (contract: string): number => (Math.max(names.indexOf(contract), 0) % 5) + 1;

let shown: StatusShown | undefined;
/** Seconds that the chart shows. */
let span = hour;
/** The bar that is read out. */
let chosen: number | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

const buttons = document.querySelectorAll<HTMLElement>('.spans button');
for (const button of buttons) {
  button.addEventListener('click', () => {
    span = Number(button.dataset['span']);
    for (const each of buttons) each.setAttribute('aria-pressed', String(each === button));
    choose(undefined);
  });
}
chart.addEventListener('pointermove', (event) => {
  const { left, width } = chart.getBoundingClientRect();
  choose(barAt(barCount, width, event.clientX - left));
});
for (const type of ['pointerleave', 'blur']) chart.addEventListener(type, () => choose(undefined));
chart.addEventListener('keydown', (event) => {
  const at = chosen ?? barCount;
  const moved = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: barCount - 1 }[event.key];
  if (event.key === 'Escape') choose(undefined);
  if (moved === undefined) return;
  event.preventDefault();
  choose(Math.min(Math.max(moved, 0), barCount - 1));
});
new ResizeObserver(draw).observe(chart);
document.addEventListener('visibilitychange', poll);
showEvents(adminPath, rayOf);
poll();

function poll(): void {
  clearTimeout(timer);
  // A hidden page asks again as soon as it is visible.
  if (document.hidden) return;
  fetch(address, { cache: 'no-store' })
    .then(async (response) => {
      if (!response.ok) throw new Error(String(response.status));
      // As `statusPages` writes it.
      shown = (await response.json()) as StatusShown;
      show(shown);
    })
    .catch(() => {
      state.classList.add('is-away');
      setText(find('.state-words'), 'Not reached.');
      setText(find('.lead'), 'The server does not answer. What is shown below is the last that it said.');
    })
    .finally(() => {
      timer = setTimeout(poll, intervalMs);
    });
}

function show(now: StatusShown): void {
  const troubles = now.checks.filter(({ trouble }) => trouble !== null);
  state.classList.remove('is-away');
  state.classList.toggle('is-troubled', troubles.length > 0);
  setText(find('.state-words'), troubles.length === 0 ? 'Ready.' : 'Not ready.');
  setText(find('.lead'), troubles.length > 0 ? troubles.map(({ trouble }) => trouble).join(' ') : readyWords(now));
  fill(
    '.checks',
    now.checks.map(({ part, trouble }) => {
      const item = element('li', trouble === null ? '' : 'is-ill', part);
      item.append(element('span', 'unseen', trouble === null ? ': well' : ': not well'));
      return item;
    }),
  );
  fill('.figures', rowsOf(figuresOf(now)));
  for (const contract of now.contracts) showContract(contract, now);
  fill(
    '.legend',
    now.contracts.map(({ name }) => element('li', `key ray-${rayOf(name)}`, name)),
  );
  fill(
    '.legend-below',
    below.flatMap(({ name, kinds }, index) =>
      total(now, kinds) > 0 ? [element('li', `key kind-${index + 1}`, name)] : [],
    ),
  );
  draw();
}

function readyWords({ lost, contracts }: StatusShown): string {
  const words = lost === 0 ? '' : ` ${counted(lost, 'audit event')} could not be written since the start.`;
  return `The store takes writes, the keys are there, and ${counted(contracts.length, 'contract')} answer.${words}`;
}

function figuresOf(now: StatusShown): readonly (readonly [string, string])[] {
  const lastMinute = now.contracts.flatMap(({ series }) => series['granted']?.slice(-7, -1) ?? []);
  const living = now.contracts.map((contract) => contract.living);
  const isCounted = living.every((count) => count !== undefined);
  const notGranted = below.flatMap(({ kinds }) => kinds);
  return [
    ['Granted in a minute', sum(lastMinute).toLocaleString('en')],
    ['Granted in an hour', total(now, ['granted']).toLocaleString('en')],
    ['Not granted in an hour', total(now, notGranted).toLocaleString('en')],
    ['Living sessions', isCounted ? sum(living).toLocaleString('en') : 'not known'],
    ['Running for', durationOf(now.now - now.startedAt)],
  ];
}

function showContract(contract: StatusShown['contracts'][number], { contracts }: StatusShown): void {
  const { name, living, series } = contract;
  const row = find(`[data-contract="${name}"]`);
  const countOf = (...kinds: readonly string[]): number => total({ contracts: [contract] }, kinds);
  const counts: Readonly<Record<string, number | undefined>> = {
    granted: countOf('granted'),
    refused: countOf('refused'),
    'turned-away': countOf('violation', 'no_credential', 'unread', 'throttled'),
    failed: countOf('unavailable', 'fault'),
    living,
  };
  for (const [column, count] of Object.entries(counts)) {
    const cell = find(`.${column}`, row);
    cell.textContent = count?.toLocaleString('en') ?? '–';
    cell.classList.toggle('is-zero', count === 0);
  }
  const granted = series['granted'] ?? [];
  const perMinute = Array.from({ length: barCount }, (_bar, index) => sum(granted.slice(index * 6, index * 6 + 6)));
  const most = Math.max(...contracts.map((each) => each.living ?? 0), 1);
  row.style.setProperty('--share', String((living ?? 0) / most));
  find('.spark', row).replaceChildren(drawLine(perMinute, rayOf(name)));
}

function draw(): void {
  if (shown === undefined || chart.clientWidth === 0) return;
  const bars = barsOf(shown, span);
  const isHour = span === hour;
  const isNarrow = chart.clientWidth < 500;
  const labelEvery = isHour ? (isNarrow ? 1200 : 600) : isNarrow ? 180 : 60;
  chart.replaceChildren(drawBars({ bars, labelEvery, chosen }, chart.clientWidth));
  const latest = bars.toReversed().filter(({ up, down }) => sum(up) + sum(down) > 0);
  if (latest.length === 0) {
    fill('.time-table', [element('caption', '', 'No requests in this time.')]);
    return;
  }
  const [head, body] = [element('thead'), element('tbody')];
  const headings = ['From', ...shown.contracts.map(({ name }) => name), ...below.map(({ name }) => name)];
  head.append(tableRow(headings.map((text) => headingCell(text, 'col'))));
  body.append(
    ...latest.map(({ at, up, down }) => {
      const cells = [...up, ...down].map((count) => element('td', '', String(count)));
      return tableRow([headingCell(timeOf(at, !isHour), 'row'), ...cells]);
    }),
  );
  fill('.time-table', [head, body]);
}

/** Reads a bar out: by pointer or by key. */
function choose(index: number | undefined): void {
  chosen = index;
  draw();
  const bar = shown === undefined || index === undefined ? undefined : barsOf(shown, span)[index];
  find('.readout').textContent = bar === undefined ? '' : wordsOf(bar);
}

function wordsOf({ at, up, down }: Bar): string {
  const parts = [
    ...up.map((count, index) => ({ count, name: names[index] ?? '' })),
    ...down.map((count, index) => ({ count, name: below[index]?.name ?? '' })),
  ].filter(({ count }) => count > 0);
  const words = parts.map(({ count, name }) => `${name} ${count.toLocaleString('en')}`).join(', ');
  return `${timeOf(at, span !== hour)} – ${words === '' ? 'no requests' : words}`;
}

function tableRow(cells: readonly HTMLElement[]): HTMLElement {
  const row = element('tr');
  row.append(...cells);
  return row;
}

function headingCell(text: string, scope: 'col' | 'row'): HTMLElement {
  const cell = element('th', '', text);
  cell.setAttribute('scope', scope);
  return cell;
}

function fill(selector: string, content: readonly HTMLElement[]): void {
  find(selector).replaceChildren(...content);
}
