// The parts that start and reference page share: the request of an operation, and what a contract runs under.
import { fullPath } from '../http/example-call.ts';
import type { ConsoleContract, ContractRuns } from './console.ts';
import { duration } from './duration.ts';
import type { Frame } from './frame.ts';
import { html, type Html } from './html.ts';
import { paths } from './paths.ts';

/** Operations that are named one by one; of more a list would say nothing at a glance. */
const few = 3;

export function hasMany({ document }: ConsoleContract): boolean {
  return document.operations.length > few;
}

/** Method and URL of each operation, or where the many are. @param origin empty where it is not known */
export function requests(contract: ConsoleContract, origin: string): Html {
  const { document } = contract;
  if (hasMany(contract)) {
    return html`<p class="request">
      <span class="method">${document.operations.length} operations</span>
      <code><span class="origin">${origin}</span>${breakable(document.basePath)}</code>
    </p>`;
  }
  return html`${document.operations.map(
    ({ method, path }) =>
      html`<p class="request">
        <span class="method">${method.toUpperCase()}</span>
        <code><span class="origin">${origin}</span>${breakable(fullPath(document, path))}</code>
      </p>`,
  )}`;
}

/** A path may go on in the next line after a slash. */
function breakable(path: string): readonly Html[] {
  return path.split(/(?<=\/)/).map((step) => html`${step}<wbr />`);
}

/** Policy, algorithm, lifetimes and statuses. */
export function facts({ document, runs }: ConsoleContract): Html {
  const statuses = [...new Set(document.operations.flatMap(({ responses }) => [...responses.keys()]))];
  return html`<dl class="facts">
    ${runs && ranFacts(runs)}
    <div class="fact-statuses">
      <dt>Answers</dt>
      <dd>
        <ul class="statuses">
          ${statuses
            .toSorted((a, b) => a - b)
            .map((status) => html`<li class="status-${Math.floor(status / 100)}">${status}</li>`)}
        </ul>
      </dd>
    </div>
  </dl>`;
}

function ranFacts(runs: ContractRuns): Html {
  const grace = runs.policy === 'static' ? 'none needed' : duration(runs.gracePeriod);
  const rows = [
    ['Policy', runs.policy],
    ['Algorithm', runs.algorithm],
    ['Access token', duration(runs.accessLifetime)],
    ['Refresh token', duration(runs.refreshLifetime)],
    ['Session', duration(runs.sessionLifetime)],
    ['Grace period', grace],
  ];
  return html`${rows.map(
    ([term, fact]) =>
      html`<div>
        <dt>${term}</dt>
        <dd>${fact}</dd>
      </div>`,
  )}`;
}

/** The ways from a contract to what else there is of it; `title` tells equal links of several contracts apart. */
export function sources({ document: { name }, hasPublicKeys }: ConsoleContract): readonly Html[] {
  return [
    html`<a href="${paths.yaml(name)}">YAML<span class="unseen"> of ${name}</span></a>`,
    html`<a href="${paths.json(name)}">JSON<span class="unseen"> of ${name}</span></a>`,
    ...(hasPublicKeys
      ? [html`<a href="${paths.jwks(name)}">Public keys<span class="unseen"> of ${name}</span></a>`]
      : []),
  ];
}

/** Where the mock of a contract is, or how it is started. */
export function mockOf(name: string, kind: Frame['kind'], mockOrigin: string | undefined): Html | undefined {
  if (kind === 'mock') return undefined;
  // What tsc has built is an installed package, which has no such script.
  if (mockOrigin === undefined && import.meta.url.endsWith('.js')) return undefined;
  if (mockOrigin === undefined) return html`<span class="mock">Mock: <code>npm run mock -- ${name}</code></span>`;
  return html`<a href="${mockOrigin + paths.reference(name)}">Mock<span class="unseen"> of ${name}</span></a>`;
}
