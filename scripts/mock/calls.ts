// The calls that the mock prints, ready to paste.
import { curl } from '../../src/cli/calls.ts';
import type { ContractDocument, DocumentedOperation } from '../../src/http/documents.ts';
import { exampleCall } from '../../src/http/example-call.ts';

/** With at most this many operations a call is printed for each response, otherwise one for each operation. */
const few = 3;

/** Returns the lines for a document. @param isAlone whether it was named on the command line */
export function describeCalls(document: ContractDocument, origin: string, isAlone: boolean): string[] {
  const { name, operations, basePath } = document;
  const place = `# ${name}: ${origin}${basePath}`;
  if (operations.length <= few) return [place, ...callsOf(document, origin)];
  const count = `${String(operations.length)} operations`;
  if (!isAlone) {
    const hint = `# ${count}: \`npm run mock -- ${name}\` prints a call for each, ${origin}/console/${name} shows all responses`;
    return [place, hint];
  }
  const hint = `# ${count}; choose another response with a header such as 'prefer: code=404'`;
  return [place, hint, ...operations.map((operation) => curl(exampleCall(document, operation), origin))];
}

/** Returns one call for each documented response. */
function callsOf(document: ContractDocument, origin: string): string[] {
  return document.operations.flatMap((operation) =>
    [...operation.responses.values()].flatMap(({ status, examples }) =>
      [...examples.keys()].map((name) => {
        const prefer = examples.size > 1 ? `code=${String(status)}, example=${name}` : `code=${String(status)}`;
        return curl(preferring(document, operation, prefer), origin);
      }),
    ),
  );
}

function preferring(document: ContractDocument, operation: DocumentedOperation, prefer: string) {
  const call = exampleCall(document, operation);
  return { ...call, headers: { ...call.headers, prefer } };
}
