// The status page as it is sent: the places that the script in the browser fills, and what is said without it.
import { assets } from './assets.ts';
import { frame, placesNav, type Place } from './frame.ts';
import { html, type Html } from './html.ts';
import { paths } from './paths.ts';
import type { StatusOptions } from './status.ts';

/** @param origin where the reader found it, empty where that is not known */
export function statusPage({ contracts, admin }: StatusOptions, places: readonly Place[], origin: string): string {
  return frame({
    kind: 'status',
    title: '',
    styles: [assets.statusStyles.path],
    scripts: [assets.status.path],
    aside: html`${placesNav(places, paths.start)}
      <p class="where">${origin.replace(/^https?:\/\//, '')}</p>`,
    main: html`
      <div class="state" data-status="${paths.status}" data-admin="${admin.basePath}">
        <div>
          <h1 class="state-words">Status</h1>
          <p class="lead" role="status">Looking at the server.</p>
          <noscript><p class="lead">This page draws with JavaScript. The same figures are at ${links}.</p></noscript>
        </div>
        <ul class="checks" aria-label="Readiness"></ul>
        <dl class="figures"></dl>
      </div>
      ${refreshes} ${contractTable(contracts)} ${events}
      <p class="more">For machines: ${links}.</p>
    `,
  });
}

const links: Html = html`<a href="/metrics">/metrics</a>, <a href="/readyz">/readyz</a> and
  <a href="/healthz">/healthz</a>`;

const refreshes: Html = html`<section class="part" aria-labelledby="refreshes">
  <div class="part-head">
    <h2 id="refreshes">Refreshes</h2>
    <div class="spans" role="group" aria-label="Shown time">
      <button type="button" data-span="3600" aria-pressed="true">Last hour</button>
      <button type="button" data-span="600" aria-pressed="false">Ten minutes</button>
    </div>
  </div>
  <div
    class="chart"
    tabindex="0"
    role="group"
    aria-label="Refreshes over time. Arrow keys read one bar at a time."
  ></div>
  <p class="readout" role="status"></p>
  <div class="legends">
    <ul class="legend" aria-label="Granted"></ul>
    <ul class="legend legend-below" aria-label="Not granted"></ul>
  </div>
  <details class="numbers">
    <summary>The same as a table</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="Refreshes over time, as a table">
      <table class="time-table"></table>
    </div>
  </details>
</section>`;

/** What callers were refused, what was turned away before it was looked at, and what the server itself could not do. */
const counts = ['Granted', 'Refused', 'Turned away', 'Failed'];

function classOf(name: string): string {
  return name.toLowerCase().replace(' ', '-');
}

function contractTable(contracts: StatusOptions['contracts']): Html {
  return html`<section class="part" aria-labelledby="contracts">
    <div class="part-head"><h2 id="contracts">Contracts</h2></div>
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
          ({ name, title }) =>
            html`<tr role="row" data-contract="${name}">
              <th role="rowheader" scope="row" class="naming">${title}<span class="name">${name}</span></th>
              <td role="cell" class="spark"></td>
              ${[...counts, 'Living'].map(
                (name) => html`<td role="cell" data-label="${name}" class="count ${classOf(name)}">–</td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

const events: Html = html`<section class="part events" aria-labelledby="events">
  <div class="part-head">
    <h2 id="events">Events</h2>
    <button type="button" class="forget" hidden>Forget the token</button>
  </div>
  <form class="token">
    <p class="token-words">
      Reuse, revocations and a store that is behind name sessions, so they are shown to operators.
    </p>
    <label for="admin-token">Admin token</label>
    <div class="token-entry">
      <input id="admin-token" type="password" autocomplete="off" spellcheck="false" required />
      <button type="submit">Show events</button>
    </div>
    <p class="token-hint">Kept in this tab alone, and sent to this server alone.</p>
  </form>
  <p class="events-words" role="status"></p>
  <ol class="event-list" aria-labelledby="events" hidden></ol>
</section>`;
