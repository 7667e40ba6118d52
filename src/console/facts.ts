// The parts of a contract that the start page, the reference page and the static docs share: title, requests, facts,
// links and commands.
import { fullPath } from '../http/example-call.ts';
import { html, type Html } from './html.ts';
import type { ConsoleContract, ContractRuns } from './model.ts';
import { paths } from './page.ts';

/** A page lists up to three operations one by one, and groups more. */
export function hasManyOperations({ document }: ConsoleContract): boolean {
  return document.operations.length > 3;
}

export function titleOf({ info }: ConsoleContract['document']['document']): string {
  const title = typeof info === 'object' && info !== null && !Array.isArray(info) ? info['title'] : undefined;
  return typeof title === 'string' ? title : 'A contract without a title';
}

/** Shows method and URL of each operation, or the number of operations. @param origin empty when it is unknown */
export function requests(contract: ConsoleContract, origin: string): Html {
  const { document } = contract;
  const request = (method: string, path: string): Html =>
    html`<p class="request medium">
      <span class="method">${method}</span>
      <code><span class="quiet">${origin}</span>${path.split(/(?<=\/)/).map((step) => html`${step}<wbr />`)}</code>
    </p>`;
  if (hasManyOperations(contract)) return request(`${document.operations.length} operations`, document.basePath);
  return html`${document.operations.map(({ method, path }) =>
    request(method.toUpperCase(), fullPath(document, path)),
  )}`;
}

/** Shows policy, algorithm, lifetimes and statuses. */
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
      <dt>Statuses</dt>
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

/** Links to the document, the public keys and the mock of a contract. @param kind of the page */
export function links({ document, hasPublicKeys }: ConsoleContract, kind: string, mockOrigin: string | undefined) {
  const { name } = document;
  // The name distinguishes equal links of several contracts.
  const link = (path: string, words: string): Html =>
    html`<a href="${path}">${words}<span class="unseen"> of ${name}</span></a>`;
  const mock = (): Html | undefined => {
    if (mockOrigin !== undefined) return link(mockOrigin + paths.reference(name), 'Mock');
    // A built package does not have the script.
    return import.meta.url.endsWith('.js')
      ? undefined
      : html`<span class="quiet">Mock: ${command(`npm run mock -- ${name}`)}</span>`;
  };
  return [
    link(paths.yaml(name), 'YAML'),
    link(paths.json(name), 'JSON'),
    hasPublicKeys ? link(paths.jwks(name), 'Public keys') : undefined,
    kind === 'mock' ? undefined : mock(),
  ];
}

/** A command with a copy button, which browser/copy.ts shows. */
export function command(text: string): Html {
  return html`<span class="command"
    ><code>${text}</code>
    <button type="button" class="button copy" data-copy="${text}" aria-label="Copy ${text}" hidden>Copy</button></span
  >`;
}

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

/** Formats seconds in the largest unit that divides them, for example `30 d`. */
export function duration(seconds: number): string {
  const [unit, size] = units.find(([, length]) => seconds >= length && seconds % length === 0) ?? (['s', 1] as const);
  return `${seconds / size} ${unit}`;
}
