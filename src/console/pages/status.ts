// The status page: the frame of the figures, which browser/status.ts fills in.
import { html, type Html } from '../html.ts';
import type { Place, StatusOptions } from '../model.ts';
import { paths } from '../page.ts';
import { frame, rayClass } from './frame.ts';

export function statusPage({ contracts, admin }: StatusOptions, places: readonly Place[]): string {
  return frame({
    ...{ kind: 'status', title: '', places, here: paths.start },
    styles: [paths.asset('status.css')],
    modules: [paths.asset('status.js')],
    main: html`
      <div class="state" data-status="${paths.status}" data-admin="${admin.basePath}">
        <div>
          <h1 class="large state-words">Status</h1>
          <p class="lead quiet" role="status">Loading the status.</p>
          <noscript
            ><p class="lead quiet">This page needs JavaScript. The same figures are at ${machinePages}.</p></noscript
          >
        </div>
        <ul class="checks row mono small" aria-label="Readiness"></ul>
        <dl class="figures"></dl>
      </div>
      ${refreshes} ${contractTable(contracts)} ${events}
      <p class="part quiet">For machines: ${machinePages}.</p>
    `,
  });
}

const machinePages: Html = html`<a href="/metrics">/metrics</a>, <a href="/readyz">/readyz</a> and
  <a href="/healthz">/healthz</a>`;

const refreshes: Html = html`<section class="part" aria-labelledby="refreshes">
  <div class="part-head row is-centred">
    <h2 id="refreshes">Refreshes</h2>
    <div class="spans" role="group" aria-label="Time span">
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
    <summary>Show as a table</summary>
    <div class="card scroll" tabindex="0" role="region" aria-label="Refreshes over time, as a table">
      <table class="time-table"></table>
    </div>
  </details>
</section>`;

/** The columns of the contract table, with the kinds of outcomes that each counts. */
const columns: Readonly<Record<string, string>> = {
  Granted: 'granted',
  Refused: 'refused violation no_credential unread',
  'Throttled or unavailable': 'throttled unavailable',
  Failed: 'fault',
};

function contractTable(contracts: StatusOptions['contracts']): Html {
  const headings = ['Contract', 'Last hour', ...Object.keys(columns), 'Active sessions'];
  return html`<section class="part" aria-labelledby="contracts">
    <div class="part-head row is-centred"><h2 id="contracts">Contracts</h2></div>
    <table class="contracts" role="table" aria-labelledby="contracts">
      <thead role="rowgroup">
        <tr role="row">
          ${headings.map((name) => html`<th role="columnheader" scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${contracts.map(
          ({ name, title }, index) =>
            html`<tr role="row" class="${rayClass(index)}" data-contract="${name}">
              <th role="rowheader" scope="row" class="naming">${title}<span class="mono small quiet">${name}</span></th>
              <td role="cell" class="spark"></td>
              ${Object.entries(columns).map(
                ([label, kinds]) =>
                  html`<td role="cell" data-label="${label}" class="count" data-kinds="${kinds}">–</td>`,
              )}
              <td role="cell" data-label="Active sessions" class="count active">–</td>
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
    <p class="quiet">
      These events name sessions, so only operators see them: reuse, revocations, a store that is behind.
    </p>
    <label class="small" for="admin-token">Admin token</label>
    <div class="token-entry row">
      <input id="admin-token" class="input" type="password" autocomplete="off" spellcheck="false" required />
      <button type="submit" class="button">Show events</button>
    </div>
    <p class="small quiet">Stored in this tab only, and sent to this server only.</p>
  </form>
  <p class="events-words small quiet" role="status"></p>
  <ol class="event-list log medium" aria-labelledby="events" hidden></ol>
</section>`;
