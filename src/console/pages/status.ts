// The status page as it is sent: places that browser/status.ts fills, and what the page says without a script.
import { rayClass } from '../drawings.ts';
import { html, type Html } from '../html.ts';
import type { Place, StatusOptions } from '../model.ts';
import { paths } from '../paths.ts';
import { frame, originShown, placesNav } from './frame.ts';

/** @param origin where the reader found it, empty where that is not known */
export function statusPage({ contracts, admin }: StatusOptions, places: readonly Place[], origin: string): string {
  return frame({
    kind: 'status',
    title: '',
    styles: [paths.asset('status.css')],
    modules: [paths.asset('status.js')],
    aside: [placesNav('Pages', places, paths.start), originShown(origin)],
    main: html`
      <div class="state" data-status="${paths.status}" data-admin="${admin.basePath}">
        <div>
          <h1 class="large state-words">Status</h1>
          <p class="lead quiet" role="status">Looking at the server.</p>
          <noscript
            ><p class="lead quiet">This page draws with JavaScript. The same figures are at ${links}.</p></noscript
          >
        </div>
        <ul class="checks row mono small" aria-label="Readiness"></ul>
        <dl class="figures"></dl>
      </div>
      ${refreshes} ${contractTable(contracts)} ${events}
      <p class="part quiet">For machines: ${links}.</p>
    `,
  });
}

const links: Html = html`<a href="/metrics">/metrics</a>, <a href="/readyz">/readyz</a> and
  <a href="/healthz">/healthz</a>`;

const refreshes: Html = html`<section class="part" aria-labelledby="refreshes">
  <div class="part-head row is-centred">
    <h2 id="refreshes">Refreshes</h2>
    <div class="spans" role="group" aria-label="Shown time">
      <button type="button" class="button" data-span="3600" aria-pressed="true">Last hour</button>
      <button type="button" class="button" data-span="600" aria-pressed="false">Ten minutes</button>
    </div>
  </div>
  <div
    class="chart"
    tabindex="0"
    role="group"
    aria-label="Refreshes over time. Arrow keys read one bar at a time."
  ></div>
  <p class="readout small" role="status"></p>
  <div class="legends row small">
    <ul class="legend row" aria-label="Granted"></ul>
    <ul class="legend legend-below row" aria-label="Not granted"></ul>
  </div>
  <details class="numbers small">
    <summary>The same as a table</summary>
    <div class="card scroll" tabindex="0" role="region" aria-label="Refreshes over time, as a table">
      <table class="time-table"></table>
    </div>
  </details>
</section>`;

/** Granted; refused to callers; turned away before it was looked at; failed in the server itself. */
const counts = ['Granted', 'Refused', 'Turned away', 'Failed'];

function contractTable(contracts: StatusOptions['contracts']): Html {
  return html`<section class="part" aria-labelledby="contracts">
    <div class="part-head row is-centred"><h2 id="contracts">Contracts</h2></div>
    <table class="contracts" role="table" aria-labelledby="contracts">
      <thead role="rowgroup">
        <tr role="row">
          ${['Contract', 'Last hour', ...counts, 'Living sessions'].map(
            (name) => html`<th role="columnheader" scope="col">${name}</th>`,
          )}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${contracts.map(
          ({ name, title }, index) =>
            html`<tr role="row" class="${rayClass(index)}" data-contract="${name}">
              <th role="rowheader" scope="row" class="naming">${title}<span class="mono small quiet">${name}</span></th>
              <td role="cell" class="spark"></td>
              ${[...counts, 'Living'].map((label) => {
                const column = label.toLowerCase().replace(' ', '-');
                return html`<td role="cell" data-label="${label}" class="count ${column}">–</td>`;
              })}
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

const events: Html = html`<section class="part events" aria-labelledby="events">
  <div class="part-head row is-centred">
    <h2 id="events">Events</h2>
    <button type="button" class="button forget" hidden>Forget the token</button>
  </div>
  <form class="token">
    <p class="quiet">Reuse, revocations and a store that is behind name sessions, so they are shown to operators.</p>
    <label class="small" for="admin-token">Admin token</label>
    <div class="token-entry row">
      <input id="admin-token" class="input" type="password" autocomplete="off" spellcheck="false" required />
      <button type="submit" class="button">Show events</button>
    </div>
    <p class="small quiet">Kept in this tab alone, and sent to this server alone.</p>
  </form>
  <p class="events-words small quiet" role="status"></p>
  <ol class="event-list log medium" aria-labelledby="events" hidden></ol>
</section>`;
