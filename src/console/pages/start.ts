// The start page: every contract at a glance.
import { paths } from '../paths.ts';
import { rayClass, refraction } from '../drawings.ts';
import { facts, links, requests, titleOf } from '../facts.ts';
import { html, type Html } from '../html.ts';
import type { ConsoleContract, ConsoleOptions } from '../model.ts';
import { frame, originShown } from './frame.ts';

const words = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine'];

/** @param origin where the reader found it, empty where that is not known */
export function startPage(options: ConsoleOptions, origin: string): string {
  const { kind, contracts, operators } = options;
  return frame({
    kind,
    title: '',
    styles: [paths.asset('facts.css'), paths.asset('start.css')],
    aside: originShown(origin),
    main: html`
      <div class="intro">
        <h1 class="large">${headline(kind, contracts.length)}</h1>
        <p class="lead quiet">${lead(options)}</p>
        ${options.demo && html`<p class="lead"><a href="${paths.session()}">Watch a session refresh itself</a></p>`}
        ${refraction(contracts.length)}
      </div>
      <div class="contracts">
        ${contracts.map((contract, index) => row(options, contract, origin, rayClass(index)))}
      </div>
      ${operators && operatorsPart(row(options, operators, origin, ''))}
    `,
  });
}

function headline(kind: ConsoleOptions['kind'], count: number): Html {
  // A mock of the operators' contract alone.
  if (count === 0) return html`Every documented answer.`;
  const contracts = `${words[count] ?? count} refresh ${count === 1 ? 'contract' : 'contracts'}`;
  return html`${contracts},<br />${kind === 'mock' ? 'every documented answer.' : 'one engine.'}`;
}

function lead({ kind, demo }: ConsoleOptions): string {
  if (kind === 'mock') {
    return 'Each answers here with the examples of its document. Ask for a certain one with the header Prefer: the reference pages list what can be asked for.';
  }
  const served = 'Each is served here exactly as its document says: read it, or try it from its page.';
  return demo === undefined ? served : `${served} Demo sessions are on, so a live token is filled in for you.`;
}

/** The place of the operators' contract, below the others. */
export function operatorsPart(contract: Html): Html {
  return html`<section class="operators" aria-labelledby="operators">
    <h2 id="operators" class="medium quiet">For operators and sign-ins</h2>
    <div class="contracts">${contract}</div>
  </section>`;
}

function row({ kind, mockOrigin }: ConsoleOptions, contract: ConsoleContract, origin: string, ray: string): Html {
  const { name, document } = contract.document;
  return html`<article class="contract ${ray}" aria-labelledby="contract-${name}">
    <div class="naming">
      <h2 id="contract-${name}">${titleOf(document)}</h2>
      <p class="mono small quiet">${name}</p>
    </div>
    <div class="details">
      ${requests(contract, origin)} ${facts(contract)}
      <p class="links row medium">
        <a class="open" href="${paths.reference(name)}">Reference and try-it<span class="unseen"> of ${name}</span></a>
        ${links(contract, kind, mockOrigin)}
      </p>
    </div>
  </article>`;
}
