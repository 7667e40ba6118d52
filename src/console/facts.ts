// The parts that start and reference page share: title, requests, facts and links of a contract.
import { fullPath } from '../http/example-call.ts';
import { html, type Content, type Html } from './html.ts';
import type { ConsoleContract, ContractRuns } from './model.ts';
import { paths } from './paths.ts';

/** Operations that are named one by one; more would be no overview. */
const few = 3;

export function hasMany({ document }: ConsoleContract): boolean {
  return document.operations.length > few;
}

/** What a document calls itself. */
export function titleOf({ info }: ConsoleContract['document']['document']): string {
  const title = typeof info === 'object' && info !== null && !Array.isArray(info) ? info['title'] : undefined;
  return typeof title === 'string' ? title : 'A contract without a title';
}

/** Method and URL of each operation, or their number. @param origin empty where it is not known */
export function requests(contract: ConsoleContract, origin: string): Html {
  const { document } = contract;
  const request = (method: string, path: string): Html =>
    html`<p class="request medium">
      <span class="method">${method}</span>
      <code><span class="quiet">${origin}</span>${path.split(/(?<=\/)/).map((step) => html`${step}<wbr />`)}</code>
    </p>`;
  if (hasMany(contract)) return request(`${document.operations.length} operations`, document.basePath);
  return html`${document.operations.map(({ method, path }) =>
    request(method.toUpperCase(), fullPath(document, path)),
  )}`;
}

/** Policy, algorithm, lifetimes and statuses. */
export function facts({ document, runs }: ConsoleContract): Html {
  const statuses = [...new Set(document.operations.flatMap(({ responses }) => [...responses.keys()]))];
  return html`<dl class="facts medium">
    ${(runs ? settingsOf(runs) : []).map(
      ([term, fact]) =>
        html`<div>
          <dt>${term}</dt>
          <dd>${fact}</dd>
        </div>`,
    )}
    <div class="fact-statuses row">
      <dt>Answers</dt>
      <dd>
        <ul class="statuses row mono small">
          ${statuses
            .toSorted((a, b) => a - b)
            .map((status) => html`<li class="status-${Math.floor(status / 100)}">${status}</li>`)}
        </ul>
      </dd>
    </div>
  </dl>`;
}

function settingsOf(runs: ContractRuns): readonly (readonly [term: string, fact: string])[] {
  return [
    ['Policy', runs.policy],
    ['Algorithm', runs.algorithm],
    ['Access token', duration(runs.accessLifetime)],
    ['Refresh token', duration(runs.refreshLifetime)],
    ['Session', duration(runs.sessionLifetime)],
    ['Grace period', runs.policy === 'static' ? 'none needed' : duration(runs.gracePeriod)],
  ];
}

/** Links to the document, the public keys and the mock of a contract. @param kind of the page that shows them */
export function links({ document, hasPublicKeys }: ConsoleContract, kind: string, mockOrigin: string | undefined) {
  const { name } = document;
  // The name tells equal links of several contracts apart.
  const link = (path: string, words: string): Html =>
    html`<a href="${path}">${words}<span class="unseen"> of ${name}</span></a>`;
  const mock = (): Content => {
    if (mockOrigin !== undefined) return link(mockOrigin + paths.reference(name), 'Mock');
    // An installed package, which is built, has no such script.
    if (import.meta.url.endsWith('.js')) return undefined;
    return html`<span class="mock quiet">Mock: <code>npm run mock -- ${name}</code></span>`;
  };
  return [
    link(paths.yaml(name), 'YAML'),
    link(paths.json(name), 'JSON'),
    hasPublicKeys ? link(paths.jwks(name), 'Public keys') : undefined,
    kind === 'mock' ? undefined : mock(),
  ];
}

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

/** Seconds in the largest unit that divides them, for example `30 d`. */
export function duration(seconds: number): string {
  const [unit, size] = units.find(([, length]) => seconds >= length && seconds % length === 0) ?? (['s', 1] as const);
  return `${seconds / size} ${unit}`;
}
