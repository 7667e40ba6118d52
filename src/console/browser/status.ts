// What the status page runs in the browser: asks the server every few seconds how it does, and draws that.
//
// One function that needs nothing from outside but its parameters, for its text is what the browser gets (see assets.ts).
import type { StatusShown } from '../status.ts';
import type { Bar, Drawings } from './status-drawings.ts';
import type { Figures } from './status-figures.ts';

type Shown = StatusShown;

export function status(
  drawings: Drawings,
  { below, barCount, barsOf, counted, durationOf, sum, total }: Figures,
  showEvents: (adminPath: string, rayOf: (contract: string) => number) => void,
): void {
  const interval = 5_000;
  const state = find('.state');
  const chart = find('.chart');
  const readout = find('.readout');
  const { status: address = '', admin: adminPath = '' } = state.dataset;
  const names = [...document.querySelectorAll<HTMLElement>('[data-contract]')].map((row) => row.dataset['contract']);
  const rayOf = (contract: string): number => (Math.max(names.indexOf(contract), 0) % 5) + 1;

  let shown: Shown | undefined;
  let span = 3600;
  let chosen: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  for (const button of document.querySelectorAll<HTMLElement>('.spans button')) {
    button.addEventListener('click', () => {
      span = Number(button.dataset['span']);
      for (const each of document.querySelectorAll('.spans button')) {
        each.setAttribute('aria-pressed', String(each === button));
      }
      choose(undefined);
    });
  }
  chart.addEventListener('pointermove', (event) => {
    const { left, width } = chart.getBoundingClientRect();
    choose(drawings.barAt(barCount, width, event.clientX - left));
  });
  chart.addEventListener('pointerleave', () => {
    choose(undefined);
  });
  chart.addEventListener('blur', () => {
    choose(undefined);
  });
  chart.addEventListener('keydown', (event) => {
    const at = chosen ?? barCount;
    const moved = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: barCount - 1 }[event.key];
    if (event.key === 'Escape') choose(undefined);
    if (moved === undefined) return;
    event.preventDefault();
    choose(Math.min(Math.max(moved, 0), barCount - 1));
  });
  new ResizeObserver(draw).observe(chart);
  document.addEventListener('visibilitychange', look);
  showEvents(adminPath, rayOf);
  look();

  function look(): void {
    clearTimeout(timer);
    // Nobody sees it: asked again as soon as somebody does.
    if (document.hidden) return;
    fetch(address, { cache: 'no-store' })
      .then(async (answer) => {
        if (!answer.ok) throw new Error(String(answer.status));
        // As status.ts writes it.
        shown = (await answer.json()) as Shown;
        tell(shown);
      })
      .catch(() => {
        state.classList.add('is-away');
        put('.state-words', 'Not reached.');
        put('.lead', 'The server does not answer. What is shown below is the last that it said.');
      })
      .finally(() => {
        timer = setTimeout(look, interval);
      });
  }

  function tell(now: Shown): void {
    const troubles = now.checks.filter(({ trouble }) => trouble !== null);
    state.classList.remove('is-away');
    state.classList.toggle('is-troubled', troubles.length > 0);
    put('.state-words', troubles.length === 0 ? 'Ready.' : 'Not ready.');
    put('.lead', leadOf(now, troubles));
    fill(
      '.checks',
      now.checks.map(({ part, trouble }) => {
        const item = element('li', trouble === null ? 'is-well' : 'is-ill', part);
        item.append(element('span', 'unseen', trouble === null ? ': well' : ': not well'));
        return item;
      }),
    );
    tellFigures(now);
    for (const contract of now.contracts) tellContract(contract, now);
    fill(
      '.legend',
      now.contracts.map(({ name }) => element('li', `key up-key-${String(rayOf(name))}`, name)),
    );
    fill(
      '.legend-below',
      below.flatMap(({ name, kinds }, index) =>
        total(now, kinds) > 0 ? [element('li', `key down-key-${String(index + 1)}`, name)] : [],
      ),
    );
    draw();
  }

  function leadOf(now: Shown, troubles: Shown['checks']): string {
    if (troubles.length > 0) return troubles.map(({ trouble }) => trouble).join(' ');
    const lost = now.lost === 0 ? '' : ` ${counted(now.lost, 'audit event')} could not be written since the start.`;
    return `The store takes writes, the keys are there, and ${counted(now.contracts.length, 'contract')} answer.${lost}`;
  }

  function tellFigures(now: Shown): void {
    const lastMinute = now.contracts.flatMap(({ series }) => series['granted']?.slice(-7, -1) ?? []);
    const living = now.contracts.map((contract) => contract.living);
    const isCounted = living.every((count) => count !== undefined);
    const figures: readonly (readonly [string, string])[] = [
      ['Granted in a minute', sum(lastMinute).toLocaleString('en')],
      ['Granted in an hour', total(now, ['granted']).toLocaleString('en')],
      [
        'Not granted in an hour',
        total(
          now,
          below.flatMap(({ kinds }) => kinds),
        ).toLocaleString('en'),
      ],
      ['Living sessions', isCounted ? sum(living).toLocaleString('en') : 'not known'],
      ['Running for', durationOf(now.now - now.startedAt)],
    ];
    fill(
      '.figures',
      figures.map(([term, figure]) => {
        const pair = document.createElement('div');
        pair.append(element('dt', '', term), element('dd', '', figure));
        return pair;
      }),
    );
  }

  function tellContract({ name, living, series }: Shown['contracts'][number], now: Shown): void {
    const row = find(`[data-contract="${name}"]`);
    const of = (...kinds: readonly string[]): number => sum(kinds.flatMap((kind) => series[kind] ?? []));
    const counts: Readonly<Record<string, number | undefined>> = {
      granted: of('granted'),
      refused: of('refused'),
      'turned-away': of('violation', 'no_credential', 'unread', 'throttled'),
      failed: of('unavailable', 'fault'),
      living,
    };
    for (const [column, count] of Object.entries(counts)) {
      const cell = row.querySelector(`.${column}`);
      if (cell === null) continue;
      cell.textContent = count?.toLocaleString('en') ?? '–';
      cell.classList.toggle('is-zero', count === 0);
    }
    const granted = series['granted'] ?? [];
    const perMinute = Array.from({ length: barCount }, (_bar, index) => sum(granted.slice(index * 6, index * 6 + 6)));
    const most = Math.max(...now.contracts.map((each) => each.living ?? 0), 1);
    row.style.setProperty('--share', String((living ?? 0) / most));
    row.querySelector('.spark')?.replaceChildren(drawings.line(perMinute, rayOf(name)));
  }

  function draw(): void {
    if (shown === undefined || chart.clientWidth === 0) return;
    const bars = barsOf(shown, span);
    const isHour = span === 3600;
    const labelEvery = isHour ? (chart.clientWidth < 500 ? 1200 : 600) : chart.clientWidth < 500 ? 180 : 60;
    chart.replaceChildren(drawings.bars({ bars, labelEvery, chosen }, chart.clientWidth));
    const latest = bars.toReversed().filter(({ up, down }) => sum(up) + sum(down) > 0);
    const head = element('thead', '');
    head.append(rowOf('th', ['From', ...shown.contracts.map(({ name }) => name), ...below.map(({ name }) => name)]));
    const body = element('tbody', '');
    body.append(
      ...latest.map(({ at, up, down }) => rowOf('td', [drawings.timeOf(at, !isHour), ...[...up, ...down].map(String)])),
    );
    fill('.time-table', latest.length === 0 ? [element('caption', '', 'No requests in this time.')] : [head, body]);
  }

  /** Reads a bar out: by pointer or by key. */
  function choose(index: number | undefined): void {
    chosen = index;
    draw();
    const bar = shown === undefined || index === undefined ? undefined : barsOf(shown, span)[index];
    readout.textContent = bar === undefined ? '' : wordsOf(bar);
  }

  function wordsOf({ at, up, down }: Bar): string {
    const parts = [
      ...up.map((count, index) => ({ count, name: names[index] ?? '' })),
      ...down.map((count, index) => ({ count, name: below[index]?.name ?? '' })),
    ].filter(({ count }) => count > 0);
    const said = parts.map(({ count, name }) => `${name} ${count.toLocaleString('en')}`).join(', ');
    return `${drawings.timeOf(at, span !== 3600)} – ${said === '' ? 'no requests' : said}`;
  }

  function rowOf(cell: 'th' | 'td', texts: readonly string[]): HTMLElement {
    const row = element('tr', '');
    row.append(
      ...texts.map((text, index) => {
        const made = element(index === 0 ? 'th' : cell, '', text);
        made.setAttribute('scope', cell === 'th' ? 'col' : 'row');
        if (index > 0 && cell === 'td') made.removeAttribute('scope');
        return made;
      }),
    );
    return row;
  }

  function put(selector: string, text: string): void {
    const place = find(selector);
    // What is said again is not to be read out again.
    if (place.textContent !== text) place.textContent = text;
  }

  function fill(selector: string, content: readonly HTMLElement[]): void {
    find(selector).replaceChildren(...content);
  }

  function find(selector: string): HTMLElement {
    const found = document.querySelector<HTMLElement>(selector);
    if (found === null) throw new Error(`there is no ${selector} on this page`);
    return found;
  }

  function element(name: string, className: string, text = ''): HTMLElement {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  }
}
