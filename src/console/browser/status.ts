// The status page: polls the state of the server and draws it.
import type { ServerStatus } from '../model.ts';
import { definitionRows, element, find, setText } from './dom.ts';
import {
  barAt,
  barCount,
  barsOf,
  counted,
  drawBars,
  drawLine,
  durationOf,
  notGranted,
  sum,
  timeOf,
  total,
  type Bar,
} from './status-chart.ts';
import { showEvents } from './status-events.ts';

const intervalMs = 5_000;
const hour = 3600;
const state = find('.state');
const chart = find('.chart');
const { status: address = '', admin: adminPath = '' } = state.dataset;
const names = [...document.querySelectorAll<HTMLElement>('[data-contract]')].map((row) => row.dataset['contract']);
const rayOf = (contract: string): number => (Math.max(names.indexOf(contract), 0) % 5) + 1;

let status: ServerStatus | undefined;
/** Seconds that the chart covers. */
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
  // A hidden page polls again as soon as it is visible.
  if (document.hidden) return;
  fetch(address, { cache: 'no-store' })
    .then(async (response) => {
      if (!response.ok) throw new Error(String(response.status));
      // `statusPages` in console.ts writes this response.
      status = (await response.json()) as ServerStatus;
      show(status);
    })
    .catch(() => {
      state.classList.add('is-away');
      setText(find('.state-words'), 'Not reached.');
      setText(find('.lead'), 'The server does not respond. The page shows its last known state.');
    })
    .finally(() => {
      timer = setTimeout(poll, intervalMs);
    });
}

function show(now: ServerStatus): void {
  const troubles = now.checks.filter(({ trouble }) => trouble !== null);
  state.classList.remove('is-away');
  state.classList.toggle('is-troubled', troubles.length > 0);
  setText(find('.state-words'), troubles.length === 0 ? 'Ready.' : 'Not ready.');
  setText(find('.lead'), troubles.length > 0 ? troubles.map(({ trouble }) => trouble).join(' ') : readyWords(now));
  fill(
    '.checks',
    now.checks.map(({ part, trouble }) => {
      const item = element('li', trouble === null ? '' : 'is-ill', part);
      item.append(element('span', 'unseen', trouble === null ? ': ready' : ': not ready'));
      return item;
    }),
  );
  fill('.figures', definitionRows(figuresOf(now)));
  for (const contract of now.contracts) showContract(contract, now);
  fill(
    '.legend',
    now.contracts.map(({ name }) => element('li', `key ray-${rayOf(name)}`, name)),
  );
  fill(
    '.legend-below',
    notGranted.flatMap(({ name, kinds }, index) =>
      total(now, kinds) > 0 ? [element('li', `key kind-${index + 1}`, name)] : [],
    ),
  );
  draw();
}

function readyWords({ lost, contracts }: ServerStatus): string {
  const words = lost === 0 ? '' : ` ${counted(lost, 'audit event')} could not be written since the start.`;
  return `Store writable, keys loaded, ${counted(contracts.length, 'contract')} served.${words}`;
}

function figuresOf(now: ServerStatus): readonly (readonly [string, string])[] {
  const lastMinute = now.contracts.flatMap(({ series }) => series['granted']?.slice(-7, -1) ?? []);
  const active = now.contracts.map(({ activeSessions }) => activeSessions);
  const isCounted = active.every((count) => count !== undefined);
  const others = notGranted.flatMap(({ kinds }) => kinds);
  return [
    ['Granted, last minute', sum(lastMinute).toLocaleString('en')],
    ['Granted, last hour', total(now, ['granted']).toLocaleString('en')],
    ['Not granted, last hour', total(now, others).toLocaleString('en')],
    ['Active sessions', isCounted ? sum(active).toLocaleString('en') : 'unknown'],
    ['Uptime', durationOf(now.now - now.startedAt)],
  ];
}

function showContract(contract: ServerStatus['contracts'][number], { contracts }: ServerStatus): void {
  const { name, activeSessions, series } = contract;
  const row = find(`[data-contract="${name}"]`);
  for (const cell of row.querySelectorAll<HTMLElement>('.count')) {
    const { kinds } = cell.dataset;
    const count = kinds === undefined ? activeSessions : total({ contracts: [contract] }, kinds.split(' '));
    cell.textContent = count?.toLocaleString('en') ?? '–';
    cell.classList.toggle('is-zero', count === 0);
  }
  const granted = series['granted'] ?? [];
  const perMinute = Array.from({ length: barCount }, (_bar, index) => sum(granted.slice(index * 6, index * 6 + 6)));
  const most = Math.max(...contracts.map((each) => each.activeSessions ?? 0), 1);
  row.style.setProperty('--share', String((activeSessions ?? 0) / most));
  find('.spark', row).replaceChildren(drawLine(perMinute, rayOf(name)));
}

function draw(): void {
  if (status === undefined || chart.clientWidth === 0) return;
  const bars = barsOf(status, span);
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
  const headings = ['From', ...status.contracts.map(({ name }) => name), ...notGranted.map(({ name }) => name)];
  head.append(tableRow(headings.map((text) => headingCell(text, 'col'))));
  body.append(
    ...latest.map(({ at, up, down }) => {
      const cells = [...up, ...down].map((count) => element('td', '', String(count)));
      return tableRow([headingCell(timeOf(at, !isHour), 'row'), ...cells]);
    }),
  );
  fill('.time-table', [head, body]);
}

/** Reads out the bar that the pointer or a key chose. */
function choose(index: number | undefined): void {
  chosen = index;
  draw();
  const bar = status === undefined || index === undefined ? undefined : barsOf(status, span)[index];
  find('.readout').textContent = bar === undefined ? '' : describeBar(bar);
}

function describeBar({ at, up, down }: Bar): string {
  const parts = [
    ...up.map((count, index) => ({ count, name: names[index] ?? '' })),
    ...down.map((count, index) => ({ count, name: notGranted[index]?.name ?? '' })),
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
