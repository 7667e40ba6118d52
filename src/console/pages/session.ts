// The session page: an application that uses a contract's client and session, in any number of tabs. The server renders
// the page; its script, browser/session.ts, is bundled by `npm run generate` for each contract that has a client.
import type { Page } from '../../http/types.ts';
import { assetPage, hasAsset } from '../assets.ts';
import { command } from '../facts.ts';
import { html, type Html } from '../html.ts';
import type { ConsoleContract, ConsoleOptions, Place } from '../model.ts';
import { htmlPage, paths } from '../page.ts';
import { frame, placesNav } from './frame.ts';

/** Returns a page for each contract, and one without a contract in its path. */
export function sessionPages({ kind, contracts }: ConsoleOptions, places: readonly Place[]): readonly Page[] {
  const names = contracts.map(({ document }) => document.name);
  const pageOf = (path: string, contract: ConsoleContract): Page => {
    const text = sessionPage(kind, places, names, contract);
    return htmlPage(path, () => text);
  };
  const first = contracts.find(({ document }) => document.name === 'fib') ?? contracts[0];
  if (first === undefined) return [];
  return [
    pageOf(paths.session(), first),
    ...contracts.map((contract) => pageOf(paths.session(contract.document.name), contract)),
    ...['session.css', 'session.js', ...names.map(scriptOf).filter(hasAsset)].map(assetPage),
  ];
}

function scriptOf(name: string): string {
  return `session-${name}.js`;
}

function sessionPage(
  kind: ConsoleOptions['kind'],
  places: readonly Place[],
  names: readonly string[],
  { document, runs }: ConsoleContract,
): string {
  const { name, basePath } = document;
  const policy = runs?.policy ?? 'single-use';
  const script = scriptOf(name);
  const contracts = names.map((other) => ({ name: other, path: paths.session(other) }));
  return frame({
    ...{ kind, title: `A session of ${name}`, places, here: paths.session() },
    styles: [paths.asset('session.css')],
    modules: hasAsset(script) ? [paths.asset(script)] : [],
    main: html`
      <div class="about">
        <h1>One session, any number of tabs.</h1>
        <p class="lead quiet">
          This page uses <code>${name}</code> as an application does, with the session of the client package. Open it
          twice: the tabs share one session, and one of them refreshes for all.
        </p>
        ${placesNav('Contracts', contracts, paths.session(name))}
      </div>
      <noscript><p class="lead quiet">This page needs JavaScript, because its script holds the session.</p></noscript>
      ${hasAsset(script) ? undefined : missing(name)}
      <div
        class="demo"
        data-contract="${name}"
        data-base="${basePath}"
        data-demo="${paths.demo(name)}"
        data-policy="${policy}"
      >
        <p class="state" role="status">Looking for a session.</p>
        <div class="cards">${card('access', 'Access token')} ${card('refresh', 'Refresh token')}</div>
        <div class="actions row is-centred" role="group" aria-label="Actions">${actions(policy)}</div>
        <p class="hint medium quiet">${hints[policy]}</p>
      </div>
      <section class="part" aria-labelledby="timeline">
        <div class="part-head row is-centred">
          <h2 id="timeline">Events of this tab</h2>
        </div>
        <ol class="timeline log medium" aria-labelledby="timeline"></ol>
      </section>
    `,
  });
}

function missing(name: string): Html {
  return html`<p class="card missing">
    This page has no script for <code>${name}</code>: write <code>src/client/${name}.ts</code>, then run
    ${command('npm run generate')}.
  </p>`;
}

function card(id: string, title: string): Html {
  return html`<section class="card" aria-labelledby="${id}-title" data-token="${id}">
    <h2 id="${id}-title" class="medium quiet">${title}</h2>
    <dl></dl>
    ${id === 'access' ? html`<div class="life" aria-hidden="true"><span></span></div>` : undefined}
  </section>`;
}

function actions(policy: string): Html {
  const buttons: readonly (readonly [action: string, words: string])[] = [
    ['sign-in', 'Sign in'],
    ['refresh', 'Refresh now'],
    ['expire', 'Expire the access token'],
    ['cut', 'Cut the server off'],
    ['replay', policy === 'static' ? 'Use a stolen token' : 'Replay a stolen token'],
    ['sign-out', 'Sign out'],
  ];
  return html`${buttons.map(
      ([action, words]) =>
        html`<button type="button" class="button ${action === 'sign-in' ? 'is-first' : ''}" data-do="${action}" hidden>
          ${words}
        </button>`,
    )} <a class="another medium" href="" target="_blank" rel="noopener">Open a second tab</a>`;
}

/** How each policy handles a stolen token. */
const hints: Readonly<Record<string, string>> = {
  'single-use':
    'Every refresh replaces the refresh token. A replaced token that returns after its successor was used must be a copy, so the server ends the session in all tabs.',
  reusable:
    'Every refresh issues a successor, and the earlier token stays valid for copies in other programs. The server cannot detect a stolen token; ending the session invalidates it.',
  static:
    'A refresh issues an access token only, and the refresh token stays the same. The server cannot detect a stolen token; ending the session invalidates it.',
};
