/** The start of `src/client/<name>.ts`: the imports of consumers, and for one operation the contract of a session. */
import type { ContractDocument } from '../../src/http/documents.ts';
import { pascalCase, refreshLocation } from '../generate/client.ts';
import { camelCase, commented, literal, stringsIn, successOf } from './document.ts';

/** The unformatted source. */
export function clientOf(document: ContractDocument): string {
  const { name, operations } = document;
  const create = `create${pascalCase(name)}Client`;
  const [operation, ...others] = operations;
  const hasSession = operation !== undefined && others.length === 0;
  const isSimple = hasSession && 'code' in refreshLocation(operation);
  return `
// What consumers of the contract \`${name}\` import: its types, its typed client${hasSession ? ', and what a session knows of it' : ''}.
${hasSession ? '// Started by `npm run new-contract`: replace each `decide`, which does not compile until then.' : ''}
import { basePath, ${create} } from '../../generated/${name}.client.ts';
${hasSession ? `import { grantedIf, refused, ${isSimple ? 'sendBy, ' : ''}unavailable, type SessionContract } from './contract.ts';` : ''}

export type { components, operations, paths } from '../../generated/${name}.ts';
export { basePath, ${create} };
${hasSession ? sessionOf(document, isSimple ? `sendBy(${create})` : 'decide()') : ''}`;
}

function sessionOf(document: ContractDocument, send: string): string {
  const [operation] = document.operations;
  const success = operation && successOf(operation);
  const paths = stringsIn(success?.body).map(([path]) => path.replaceAll(', ', ' › '));
  return `
/** For \`createSession\`. */
export const ${camelCase(document.name)}: SessionContract = {
  name: ${literal(document.name)},
  // The usual policy of its sessions: 'single-use', 'reusable' or 'static'.
  policy: decide(),
  basePath,
  send: ${send},
  read: (status, body) => {
    // Found with \`member\` of ./contract.ts. A success has: ${commented(paths.join(' · '))}
    if (status === ${String(success?.response.status ?? 200)}) {
      return grantedIf(
        decide(body), // the access token
        decide(body), // its successor
      );
    }
    // A refusal ends the session: only the contract's response to an invalid token, which no retry can fix.
    return decide(status, body) ? refused : unavailable;
  },
};
`;
}
