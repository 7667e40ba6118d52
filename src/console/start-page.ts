// The start page: every contract at a glance.
import { assets } from './assets.ts';
import type { ConsoleContract, ConsoleOptions } from './console.ts';
import { refraction } from './drawings.ts';
import { facts, mockOf, requests, sources } from './facts.ts';
import { frame } from './frame.ts';
import { html, type Html } from './html.ts';
import { paths } from './paths.ts';

const words = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine'];

/** @param origin where the reader found it, empty where that is not known */
export function startPage(options: ConsoleOptions, origin: string): string {
  const { kind, contracts, operators } = options;
  return frame({
    kind,
    title: '',
    styles: [assets.startStyles.path],
    aside: origin === '' ? undefined : html`<p class="where">${origin.replace(/^https?:\/\//, '')}</p>`,
    main: html`
      <div class="intro">
        <h1>${headline(kind, contracts.length)}</h1>
        <p class="lead">${lead(options)}</p>
        ${options.demo && html`<p class="lead"><a href="${paths.session()}">Watch a session refresh itself</a></p>`}
        ${refraction(contracts.length)}
      </div>
      <div class="contracts">${contracts.map((contract) => row(options, contract, origin))}</div>
      ${operators && operatorsPart(row(options, operators, origin))}
    `,
  });
}

function headline(kind: ConsoleOptions['kind'], count: number): Html {
  // A mock of the operators' contract alone.
  if (count === 0) return html`Every documented answer.`;
  const number = words[count] ?? String(count);
  const contracts = count === 1 ? 'refresh contract' : 'refresh contracts';
  return kind === 'mock'
    ? html`${number} ${contracts},<br />every documented answer.`
    : html`${number} ${contracts},<br />one engine.`;
}

function lead({ kind, demo }: ConsoleOptions): string {
  if (kind === 'mock') {
    return 'Each answers here with the examples of its document. Ask for a certain one with the header Prefer: the reference pages list what can be asked for.';
  }
  const served = 'Each is served here exactly as its document says: read it, or try it from its page.';
  return demo === undefined ? served : `${served} Demo sessions are on, so a live token is filled in for you.`;
}

/** Where the operators' contract stands, below the others. */
export function operatorsPart(contract: Html): Html {
  return html`<section class="operators" aria-labelledby="operators">
    <h2 id="operators">For operators and sign-ins</h2>
    <div class="contracts">${contract}</div>
  </section>`;
}

function row({ kind, mockOrigin }: ConsoleOptions, contract: ConsoleContract, origin: string): Html {
  const { name, document } = contract.document;
  const more = [...sources(contract), mockOf(name, kind, mockOrigin)].filter((link) => link !== undefined);
  return html`<article class="contract" aria-labelledby="contract-${name}">
    <div class="naming">
      <h2 id="contract-${name}">${titleOf(document)}</h2>
      <p class="name">${name}</p>
    </div>
    <div class="details">
      ${requests(contract, origin)} ${facts(contract)}
      <p class="links">
        <a class="open" href="${paths.reference(name)}">Reference and try-it<span class="unseen"> of ${name}</span></a>
        ${more}
      </p>
    </div>
  </article>`;
}

/** What a document calls itself. */
export function titleOf(document: ConsoleContract['document']['document']): string {
  const info = document['info'];
  const title = typeof info === 'object' && info !== null && !Array.isArray(info) ? info['title'] : undefined;
  return typeof title === 'string' ? title : 'A contract without a title';
}
