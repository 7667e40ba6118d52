// A contract's reference page: its facts, and Swagger UI to read and try it.
import type { SwaggerUi } from '../assets.ts';
import { facts, hasMany, links, requests, titleOf } from '../facts.ts';
import { html, type Html } from '../html.ts';
import type { ConsoleContract, ConsoleOptions, Place } from '../model.ts';
import { paths } from '../paths.ts';
import { frame, placesNav, type Frame } from './frame.ts';

export interface Reference extends Pick<ConsoleOptions, 'mockOrigin' | 'demo'> {
  readonly kind: Frame['kind'];
  /** The pages beside this one, and this one. */
  readonly places: readonly Place[];
  readonly contract: ConsoleContract;
  readonly origin: string;
  /** `undefined` where its package is not installed. */
  readonly swaggerUi: SwaggerUi | undefined;
}

export function referencePage(reference: Reference): string {
  const { kind, places, contract, origin, swaggerUi, mockOrigin } = reference;
  const { name, document } = contract.document;
  const title = titleOf(document);
  const styles = ['facts.css', 'reference.css', 'operations.css'].map(paths.asset);
  return frame({
    kind,
    title,
    styles: swaggerUi ? [swaggerUi.styles.path, ...styles] : styles,
    scripts: swaggerUi ? [swaggerUi.script.path] : [],
    modules: swaggerUi ? [paths.asset('try-it.js')] : [],
    aside: placesNav('Pages', places, paths.reference(name)),
    main: html`
      <div class="about">
        <h1>${title}</h1>
        ${requests(contract, origin)} ${facts(contract)}
        <p class="links row medium">${links(contract, kind, mockOrigin)}</p>
      </div>
      <h2 class="unseen">Reference and try-it</h2>
      ${swaggerUi === undefined ? missing : tryItPlace(reference)}
    `,
  });
}

const missing = html`<p class="card missing">
  Try-it is not here, because the package <code>swagger-ui-dist</code> is not installed; the YAML above is the whole
  reference.
</p>`;

/** The attributes are the input of browser/try-it.ts. */
function tryItPlace({ kind, contract, demo }: Reference): Html {
  const { name, operations } = contract.document;
  const isDemo = demo !== undefined;
  const inHeader = operations.some(({ credentialHeader }) => credentialHeader !== undefined);
  return html`
    <noscript><p class="card missing">Reference and try-it need JavaScript; the YAML above says the same.</p></noscript>
    <div class="session row is-centred medium">
      <p class="session-words" role="status">${firstWords(kind, isDemo, inHeader)}</p>
      <button type="button" class="button session-previous" hidden>Previous token</button>
      ${isDemo ? html`<button type="button" class="button session-new" hidden>New session</button>` : undefined}
    </div>
    <div
      id="try-it"
      data-document="${paths.json(name)}"
      data-demo="${isDemo ? paths.demo(name) : ''}"
      data-token="${kind === 'mock' && inHeader ? 'any-token' : ''}"
      data-many="${hasMany(contract) ? 'true' : ''}"
      data-ready="${kind === 'admin' ? '' : 'true'}"
    ></div>
  `;
}

function firstWords(kind: Frame['kind'], isDemo: boolean, inHeader: boolean): string {
  if (kind === 'admin') {
    return 'Authorize with an admin token: it stays in this page and goes to this server alone. What is executed is done for real.';
  }
  if (kind === 'mock') return 'Any token will do here. Choose the answer with the header Prefer, then Execute.';
  if (isDemo) return 'A live token of a demo session is filled in. Execute as often as you like.';
  return inHeader
    ? 'Authorize with a refresh token, then Execute. The successor is filled in for the next time.'
    : 'Put a refresh token into the body, then Execute. The successor is filled in for the next time.';
}
