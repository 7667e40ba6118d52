// The session page: a consumer of the APIs, in any number of tabs, that people can look at. What is in it is filled in by
// browser/session/, with the client that the package brings; the server of this page is the one that it talks to.
import type { Page } from '../http/types.ts';
import { assets } from './assets.ts';
import type { ConsoleContract, ConsoleOptions } from './console.ts';
import { frame } from './frame.ts';
import { pageHeaders } from './headers.ts';
import { html, type Html } from './html.ts';
import { modulePages, modulePath } from './modules.ts';
import { paths } from './paths.ts';

const script = 'src/console/browser/session/main';

/** Read once: of an edited document there are new pages, and the same modules. */
let modules: readonly Page[] | undefined;

/** A page for each contract; the first is the one that is begun with. */
export function sessionPages({ kind, contracts }: Pick<ConsoleOptions, 'kind' | 'contracts'>): readonly Page[] {
  const page = (path: string, shown: ConsoleContract): Page => {
    const text = sessionPage(kind, contracts, shown);
    return { path, mediaType: 'text/html', headers: pageHeaders, read: () => text };
  };
  const [first] = contracts;
  if (first === undefined) return [];
  return [
    page(paths.session(), contracts.find(({ document }) => document.name === 'fib') ?? first),
    ...contracts.map((contract) => page(paths.session(contract.document.name), contract)),
    ...(modules ??= modulePages([script])),
    assets.sessionStyles,
  ];
}

function sessionPage(
  kind: ConsoleOptions['kind'],
  contracts: readonly ConsoleContract[],
  shown: ConsoleContract,
): string {
  const { name, basePath } = shown.document;
  const policy = shown.runs?.policy ?? 'single-use';
  return frame({
    kind,
    title: `A session of ${name}`,
    styles: [assets.sessionStyles.path],
    modules: [modulePath(script)],
    aside: html`<nav class="others" aria-label="Contracts">
      ${contracts.map(({ document: other }) => {
        const current = other.name === name ? html` aria-current="page"` : undefined;
        return html`<a href="${paths.session(other.name)}" ${current}>${other.name}</a>`;
      })}
    </nav>`,
    main: html`
      <div class="about">
        <h1>One session, any number of tabs.</h1>
        <p class="lead">
          This page uses <code>${name}</code> as an application does, with the session that the package brings. Open it
          twice: the tabs share one session, and whenever it is time one of them refreshes for all.
        </p>
      </div>
      <noscript><p class="lead">The session lives in this page’s script, so this page needs JavaScript.</p></noscript>
      <div
        class="demo"
        data-contract="${name}"
        data-base="${basePath}"
        data-demo="${paths.demo(name)}"
        data-policy="${policy}"
      >
        <p class="state" role="status">Looking for a session.</p>
        <div class="cards">${card('access', 'Access token')} ${card('refresh', 'Refresh token')}</div>
        <div class="actions" role="group" aria-label="What can happen">${actions(policy)}</div>
        <p class="hint">${hints[policy]}</p>
      </div>
      <section class="part" aria-labelledby="timeline">
        <div class="part-head">
          <h2 id="timeline">What happened in this tab</h2>
        </div>
        <ol class="timeline" aria-labelledby="timeline"></ol>
      </section>
    `,
  });
}

function card(id: string, title: string): Html {
  return html`<section class="card" aria-labelledby="${id}-title" data-token="${id}">
    <h2 id="${id}-title">${title}</h2>
    <dl></dl>
    ${id === 'access' ? html`<div class="life" aria-hidden="true"><span></span></div>` : undefined}
  </section>`;
}

function actions(policy: string): Html {
  const buttons: readonly (readonly [string, string])[] = [
    ['sign-in', 'Sign in'],
    ['refresh', 'Refresh now'],
    ['expire', 'Expire the access token'],
    ['cut', 'Cut the server off'],
    ['replay', policy === 'static' ? 'Use a stolen token' : 'Replay a stolen token'],
    ['sign-out', 'Sign out'],
  ];
  return html`${buttons.map(([id, words]) => html`<button type="button" data-do="${id}" hidden>${words}</button>`)}
    <a class="another" href="" target="_blank" rel="noopener">Open a second tab</a>`;
}

/** What replaying comes to, for the policies differ in it. */
const hints: Readonly<Record<string, string>> = {
  'single-use':
    'Every refresh supersedes the refresh token. When a superseded one comes back after its successor was used, somebody has a copy: the server ends the session, in all tabs.',
  reusable:
    'A refresh gives a successor, and the refresh token before goes on working, for copies in other programs. So a stolen one is not seen: only ending the session helps.',
  static:
    'A refresh gives an access token alone, and the refresh token stays. So a stolen one is not seen: only ending the session helps.',
};
