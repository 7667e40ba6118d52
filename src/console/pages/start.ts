// The start page: a summary of every contract.
import { facts, links, requests, titleOf } from '../facts.ts';
import { html, type Html } from '../html.ts';
import type { ConsoleContract, ConsoleOptions, Place } from '../model.ts';
import { paths } from '../page.ts';
import { frame, rayClass } from './frame.ts';

const numbers = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine'];

/** @param origin of the request, empty when it is unknown */
export function startPage(options: ConsoleOptions, places: readonly Place[], origin: string): string {
  const { kind, contracts, operators, mockOrigin } = options;
  const row = (contract: ConsoleContract, ray: string): Html => {
    const { name } = contract.document;
    return contractRow(
      contract,
      { ray, origin, title: titleOf(contract.document.document) },
      html`<p class="links row medium">
        <a class="open" href="${paths.reference(name)}">Reference and try-it<span class="unseen"> of ${name}</span></a>
        ${links(contract, kind, mockOrigin)}
      </p>`,
    );
  };
  return frame({
    ...{ kind, title: '', places, here: paths.start },
    styles: ['facts.css', 'start.css'].map(paths.asset),
    main: html`
      <div class="intro">
        <h1 class="large">${headline(kind, contracts.length)}</h1>
        <p class="lead quiet">${lead(options)}</p>
        ${options.demo && html`<p class="lead"><a href="${paths.session()}">Watch a session refresh itself</a></p>`}
        ${refraction(contracts.length)}
      </div>
      ${contractList(
        contracts.map((contract, index) => row(contract, rayClass(index))),
        operators && row(operators, ''),
      )}
    `,
  });
}

function headline(kind: ConsoleOptions['kind'], count: number): Html {
  // A mock of the admin contract only.
  if (count === 0) return html`Every documented response.`;
  const contracts = `${numbers[count] ?? count} refresh ${count === 1 ? 'contract' : 'contracts'}`;
  return html`${contracts},<br />${kind === 'mock' ? 'every documented response.' : 'one engine.'}`;
}

function lead({ kind, demo }: ConsoleOptions): string {
  if (kind === 'mock') {
    return 'Each contract responds with the examples of its document. The header Prefer selects one; the reference pages list them.';
  }
  const served = 'Each contract is served exactly as its document says. Read it, or try it from its page.';
  return demo === undefined ? served : `${served} Demo sessions are on, so a live token is filled in for you.`;
}

/** The rows of all contracts, with the admin contract below the others. */
export function contractList(contracts: readonly Html[], operators: Html | undefined): Html {
  return html`<div class="contracts">${contracts}</div>
    ${
      operators &&
      html`<section class="operators" aria-labelledby="operators">
        <h2 id="operators" class="medium quiet">For operators and sign-ins</h2>
        <div class="contracts">${operators}</div>
      </section>`
    }`;
}

interface RowParts {
  readonly ray: string;
  readonly origin: string;
  readonly title: Html | string;
}

export function contractRow(contract: ConsoleContract, { ray, origin, title }: RowParts, more?: Html): Html {
  const { name } = contract.document;
  return html`<article class="contract ${ray}" aria-labelledby="contract-${name}">
    <div class="naming">
      <h2 id="contract-${name}">${title}</h2>
      <p class="mono small quiet">${name}</p>
    </div>
    <div class="details">${requests(contract, origin)} ${facts(contract)} ${more}</div>
  </article>`;
}

/** A ray that enters a prism and leaves it as one for each contract. */
export function refraction(count: number): Html {
  const spread = 132;
  const endOf = (index: number): number => (count === 1 ? 100 : 100 - spread / 2 + (spread * index) / (count - 1));
  return html`<svg class="refraction" viewBox="0 0 420 200" aria-hidden="true" focusable="false">
    <path d="M0 138 127 98" />
    ${Array.from(
      { length: count },
      (_ray, index) => html`<path class="${rayClass(index)}" d="M127 98 168 ${94 + index * 2} 420 ${endOf(index)}" />`,
    )}
    <path class="prism" d="M148 40 204 142H92Z" />
  </svg>`;
}
