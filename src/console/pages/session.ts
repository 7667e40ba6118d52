// The session page: an application that uses a contract's client and session, in any number of tabs. The script of the
// page, browser/session.ts, fills it in; `npm run generate` bundles one for each contract that has such a client.
import type { Page } from '../../http/types.ts';
import { assetPage, hasAsset } from '../assets.ts';
import { html, type Html } from '../html.ts';
import type { ConsoleContract, ConsoleOptions } from '../model.ts';
import { htmlPage } from '../page.ts';
import { paths } from '../paths.ts';
import { frame, placesNav } from './frame.ts';

/** A page for each contract, and one to begin with. */
export function sessionPages({ kind, contracts }: Pick<ConsoleOptions, 'kind' | 'contracts'>): readonly Page[] {
  const names = contracts.map(({ document }) => document.name);
  const pageOf = (path: string, contract: ConsoleContract): Page => {
    const text = sessionPage(kind, names, contract);
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
  names: readonly string[],
  { document, runs }: ConsoleContract,
): string {
  const { name, basePath } = document;
  const policy = runs?.policy ?? 'single-use';
  const script = scriptOf(name);
  const places = names.map((other) => ({ name: other, path: paths.session(other) }));
  return frame({
    kind,
    title: `A session of ${name}`,
    styles: [paths.asset('session.css')],
    modules: hasAsset(script) ? [paths.asset(script)] : [],
    aside: placesNav('Contracts', places, paths.session(name)),
    main: html`
      <div class="about">
        <h1>One session, any number of tabs.</h1>
        <p class="lead quiet">
          This page uses <code>${name}</code> as an application does, with the session that the package brings. Open it
          twice: the tabs share one session, and whenever it is time one of them refreshes for all.
        </p>
      </div>
      <noscript
        ><p class="lead quiet">The session lives in this page’s script, so this page needs JavaScript.</p></noscript
      >
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
        <div class="actions row is-centred" role="group" aria-label="What can happen">${actions(policy)}</div>
        <p class="hint medium quiet">${hints[policy]}</p>
      </div>
      <section class="part" aria-labelledby="timeline">
        <div class="part-head row is-centred">
          <h2 id="timeline">What happened in this tab</h2>
        </div>
        <ol class="timeline log medium" aria-labelledby="timeline"></ol>
      </section>
    `,
  });
}

function missing(name: string): Html {
  return html`<p class="card missing">
    This page has no script for <code>${name}</code>: write <code>src/client/${name}.ts</code>, then run
    <code>npm run generate</code>.
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

/** What happens to a stolen token, by policy. */
const hints: Readonly<Record<string, string>> = {
  'single-use':
    'Every refresh supersedes the refresh token. When a superseded one comes back after its successor was used, somebody has a copy: the server ends the session, in all tabs.',
  reusable:
    'A refresh gives a successor, and the refresh token before goes on working, for copies in other programs. So a stolen one is not seen: only ending the session helps.',
  static:
    'A refresh gives an access token alone, and the refresh token stays. So a stolen one is not seen: only ending the session helps.',
};
