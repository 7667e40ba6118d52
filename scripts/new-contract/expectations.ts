/** The start of `test/contracts/<name>.test.ts`: the expectations of the kit, written independently of the adapter. */
import { RefractError } from '../../src/errors.ts';
import type { ContractDocument, DocumentedOperation } from '../../src/http/documents.ts';
import { formMediaType, fullPath } from '../../src/http/example-call.ts';
import { refusals } from './adapter.ts';
import { access, bodyOf, candidatesOf, faultOf, isIdentifier, key, literal, stringsIn, successOf } from './document.ts';

/** The unformatted source, for the first operation of the document. */
export function expectationsOf(document: ContractDocument): string {
  const [operation] = document.operations;
  if (operation === undefined) throw new RefractError('document', `${document.file}: the document has no operation.`);
  const header = operation.credentialHeader;
  const candidates = candidatesOf(operation);
  const fault = faultOf(candidates);
  const isForm = operation.request?.mediaType === formMediaType;
  const fixed = Object.keys(bodyOf(operation)?.fixed ?? {});
  const paths = stringsIn(successOf(operation)?.body).map(([path]) => path);
  return `
// Expectations of the contract, from its document and not from its adapter.
// Started by \`npm run new-contract\`: replace each \`decide\`, which does not compile until then.
import { at } from '../shared/at.ts';
import { contractKit, type Expected } from './kit.ts';

const replies = {
${candidates.map(({ name, status, body }) => `${key(name)}: { status: ${String(status)}, body: ${literal(body)} },\n`).join('')}
} satisfies Record<string, Expected>;

contractKit({
  name: ${literal(document.name)},
  method: ${literal(operation.method.toUpperCase())},
  path: ${literal(fullPath(document, operation.path))},
  algorithm: decide(),
  policy: decide(),
  // Seconds: 60, or half of the access token's lifetime where that is less.
  gracePeriod: decide(),
  accessLifetime: decide(),
  sessionLifetime: decide(),
  violation: decide(replies),
  noCredential: decide(replies),
${isForm && fixed.length > 0 ? `// To another value of ${fixed.join(', ')}.\n  otherValue: decide(replies),\n` : ''}  refused: {
${refusals.map((kind) => `${kind}: decide(replies),\n`).join('')}
  },
  fault: ${fault === undefined ? 'decide(replies)' : access('replies', fault.name)},
  // Where the tokens stand in a success, which has: ${paths.map((path) => path.replaceAll(', ', ' › ')).join(' · ')}
  granted: (body) => ({
    access: String(at(body, decide())),
    // \`undefined\` where a success has no place for a successor.
    refresh: String(at(body, decide())),
  }),
  bodyWith: ${bodyWith(operation)},
${header === undefined || header === 'authorization' ? '' : `credentialHeader: ${literal(header)},\n`}${isForm ? `mediaType: ${literal(formMediaType)},\n` : ''}
});
`;
}

function bodyWith(operation: DocumentedOperation): string {
  if (operation.credentialHeader !== undefined) return 'undefined';
  const body = bodyOf(operation);
  if (body === undefined) return 'decide()';
  const { member, fixed } = body;
  const parameter = isIdentifier(member) ? member : 'token';
  const members = Object.entries(fixed).map(([name, value]) => `${key(name)}: ${literal(value)}, `);
  return `(${parameter}) => ({ ${members.join('')}${parameter === member ? member : `${literal(member)}: token`} })`;
}
