/** The start of `src/contracts/<name>.ts`: all values of the document, and `decide(…)` where its author has to decide. */
import type { RefusalKind } from '../../src/engine/outcome.ts';
import type { ContractDocument, DocumentedOperation } from '../../src/http/documents.ts';
import {
  access,
  bodyOf,
  camelCase,
  candidatesOf,
  commented,
  exampleTokens,
  faultOf,
  key,
  literal,
  skeletonOf,
  successOf,
} from './document.ts';

/** Every kind of refusal, checked by the compiler. */
export const refusals: readonly string[] = Object.keys({
  invalid_token: true,
  unprocessable_token: true,
  unknown_session: true,
  revoked_session: true,
  expired_session: true,
  reused_token: true,
  missing_subject: true,
  disabled_subject: true,
  stale_subject: true,
} satisfies Record<RefusalKind, true>);

/** The unformatted source. */
export function adapterOf(document: ContractDocument): string {
  const { name, operations } = document;
  const isOnly = operations.length === 1;
  const listName = ({ operationId }: DocumentedOperation): string =>
    isOnly ? 'replies' : `${camelCase(operationId)}Replies`;
  return `
// ${commented(titleOf(document))}: openapi/${name}.yaml is the source; this file only translates.
// Started by \`npm run new-contract\`: replace each \`decide\`, which does not compile until then.
import type { operations } from '../../generated/${name}.ts';
import type { Reply } from '../http/types.ts';
import { defineContract } from './shared/contract.ts';
import { throttled, unavailable } from './shared/texts.ts';
${operations.map((operation) => repliesOf(operation, listName(operation))).join('')}
export default defineContract<operations>({
  // The policies that a session may have, the usual one first: 'single-use' rotates and detects reuse, 'reusable' lets
  // older tokens continue, 'static' is for a reply without a successor. Lifetimes are in seconds. For example:
  // { policies: ['single-use'], accessLifetime: 300, refreshLifetime: 86_400, sessionLifetime: 604_800 }
  defaults: decide(),
  // What tokens are signed with ('EdDSA' publishes its keys at /jwks/${name}.json, 'HS256' has a secret) and what they
  // claim; \`refreshStrings\` names the claims of a refresh token that must come back as strings. For example:
  // {
  //   algorithm: 'EdDSA',
  //   accessClaims: ({ subject, issuedAt, expiresAt }) => ({ sub: subject.id, iat: issuedAt, exp: expiresAt }),
  //   refreshClaims: ({ subject, issuedAt, expiresAt }) => ({ sub: subject.id, iat: issuedAt, exp: expiresAt }),
  //   refreshStrings: [],
  // }
${exampleTokens(document)
  .map((sentence) => `  // ${commented(sentence)}\n`)
  .join('')}  profile: decide(),
  operations: {
${operations.map((operation) => operationOf(operation, listName(operation))).join('')}
  },
});
`;
}

function repliesOf(operation: DocumentedOperation, listName: string): string {
  const replies = candidatesOf(operation).map(({ name, status, body, headers }) => {
    const own = headers.map((header) => `${key(header)}: decide(),\n`);
    return `${key(name)}: { status: ${String(status)}, ${own.length > 0 ? `headers: {\n${own.join('')}},` : ''} body: ${literal(body)} },\n`;
  });
  return `
/** The failures of ${blockCommented(operation.operationId)}, by the document's examples. */
const ${listName} = {
${replies.join('')}} satisfies Record<string, Reply<operations[${literal(operation.operationId)}]>>;
`;
}

function operationOf(operation: DocumentedOperation, listName: string): string {
  const fault = faultOf(candidatesOf(operation));
  return `
    ${key(operation.operationId)}: {
      ${credentialOf(operation)}
      // A grant has access.token, access.expiresAt, refresh.token, refresh.expiresAt and answeredAt, in seconds.
      granted: (grant) => (${grantedOf(operation)}),
      failures: (context) => ({
        // The request does not fit the document: \`context.violations\` says what and where.
        violation: decide(${listName}),
        // No credential at all, where it is a header; a member that is missing is a violation.
        noCredential: decide(${listName}),
        refused: {
${refusals.map((kind) => `${kind}: decide(${listName}),\n`).join('')}
        },
        throttled: throttled(context),
        unavailable: unavailable(context),
        fault: ${fault === undefined ? `decide(${listName})` : access(listName, fault.name)},
      }),
    },
`;
}

function credentialOf(operation: DocumentedOperation): string {
  const { credentialHeader } = operation;
  // Whether the token stands there bare or behind \`Bearer\`, no document says in a way that a program can read.
  if (credentialHeader === 'authorization')
    return `// Bare, or behind \`Bearer\`: bareOrBearer of ./shared/session-tokens.ts takes both.
      credential: ({ headers }) => decide(headers),`;
  if (credentialHeader !== undefined)
    return `credential: ({ headers }) => headers[${literal(credentialHeader)}] ?? '',`;
  const body = bodyOf(operation);
  if (body === undefined) return 'credential: ({ body }) => decide(body),';
  return `credential: ({ body }) => ${access('body', body.member)},`;
}

function grantedOf(operation: DocumentedOperation): string {
  const success = successOf(operation);
  if (success === undefined) return 'decide(grant)';
  const { status, schema } = success.response;
  return `{ status: ${String(status)}, body: ${skeletonOf(success.body, schema, 'grant')} }`;
}

function titleOf({ document, name }: ContractDocument): string {
  const { info } = document;
  const title = typeof info === 'object' && info !== null && !Array.isArray(info) ? info['title'] : undefined;
  return typeof title === 'string' ? title : name;
}

const blockCommented = (text: string): string => commented(text).replaceAll('*/', '* /');
