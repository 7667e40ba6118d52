// The reference page of a contract: its facts, and Swagger UI to read and try it.
import type { SwaggerUi } from '../assets.ts';
import { facts, hasManyOperations, links, requests, titleOf } from '../facts.ts';
import { html, type Html } from '../html.ts';
import type { ConsoleContract, ConsoleOptions, Place } from '../model.ts';
import { paths } from '../page.ts';
import { frame, type Frame } from './frame.ts';

export interface Reference extends Pick<ConsoleOptions, 'mockOrigin' | 'demo'> {
  readonly kind: Frame['kind'];
  readonly places: readonly Place[];
  readonly contract: ConsoleContract;
  readonly origin: string;
  /** `undefined` when its package is not installed. */
  readonly swaggerUi: SwaggerUi | undefined;
}

export function referencePage(reference: Reference): string {
  const { kind, places, contract, origin, swaggerUi, mockOrigin } = reference;
  const { name, document } = contract.document;
  const title = titleOf(document);
  const styles = ['facts.css', 'reference.css', 'operations.css'].map(paths.asset);
  return frame({
    ...{ kind, title, places, here: paths.reference(name) },
    styles: swaggerUi ? [swaggerUi.styles.path, ...styles] : styles,
    scripts: swaggerUi ? [swaggerUi.script.path] : [],
    modules: swaggerUi ? [paths.asset('try-it.js')] : [],
    main: html`
      <div class="about">
        <h1>${title}</h1>
        ${requests(contract, origin)} ${facts(contract)}
        <p class="links row medium">${links(contract, kind, mockOrigin)}</p>
      </div>
      <h2 class="unseen">Reference and try-it</h2>
      ${swaggerUi === undefined ? missing : tryIt(reference)}
    `,
  });
}

const missing = html`<p class="card missing">
  Try-it is not available, because the package <code>swagger-ui-dist</code> is not installed. The YAML above is the
  complete reference.
</p>`;

/** The attributes are the input of browser/try-it.ts. */
function tryIt({ kind, contract, demo }: Reference): Html {
  const { name, operations } = contract.document;
  const isDemo = demo !== undefined;
  const isInHeader = operations.some(({ credentialHeader }) => credentialHeader !== undefined);
  return html`
    <noscript
      ><p class="card missing">Reference and try-it need JavaScript. The YAML above has the same content.</p></noscript
    >
    <div class="session row is-centred medium">
      <p class="session-words" role="status">${firstWords(kind, isDemo, isInHeader)}</p>
      <button type="button" class="button copy session-copy" data-copy="" hidden>Copy token</button>
      <button type="button" class="button session-previous" hidden>Previous token</button>
      ${isDemo ? html`<button type="button" class="button session-new" hidden>New session</button>` : undefined}
    </div>
    <div
      id="try-it"
      data-document="${paths.json(name)}"
      data-demo="${isDemo ? paths.demo(name) : ''}"
      data-token="${kind === 'mock' && isInHeader ? 'any-token' : ''}"
      data-many="${hasManyOperations(contract) ? 'true' : ''}"
      data-ready="${kind === 'admin' ? '' : 'true'}"
    ></div>
  `;
}

function firstWords(kind: Frame['kind'], isDemo: boolean, isInHeader: boolean): string {
  if (kind === 'admin') {
    return 'Authorize with an admin token. It stays in this page and is sent to this server only. Execute changes real data.';
  }
  if (kind === 'mock') return 'Any token is accepted. Choose the response with the header Prefer, then Execute.';
  if (isDemo) return 'A live token of a demo session is filled in. Execute as often as you like.';
  return isInHeader
    ? 'Authorize with a refresh token, then Execute. Its successor is filled in for the next request.'
    : 'Put a refresh token into the body, then Execute. Its successor is filled in for the next request.';
}
