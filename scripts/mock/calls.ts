// The calls that the mock prints, ready to paste; of a document with many operations not every response has one.
import { curl } from '../../src/cli/demo-calls.ts';
import type { ContractDocument, DocumentedOperation } from '../../src/http/documents.ts';
import { exampleCall } from '../../src/http/example-call.ts';

/** Up to as many operations each answer has its call. */
const few = 3;

/** What is printed of a document. @param isAlone whether it was asked for by its name */
export function linesOf(document: ContractDocument, origin: string, isAlone: boolean): string[] {
  const { name, operations, basePath } = document;
  const place = `# ${name}: ${origin}${basePath}`;
  if (operations.length <= few) return [place, ...callsOf(document, origin)];
  const count = `${String(operations.length)} operations`;
  if (!isAlone) {
    const hint = `# ${count}: \`npm run mock -- ${name}\` prints a call for each, ${origin}/console/${name} shows all answers`;
    return [place, hint];
  }
  const hint = `# ${count}; any other answer comes with a header such as 'prefer: code=404'`;
  return [place, hint, ...operations.map((operation) => curl(exampleCall(document, operation), origin))];
}

/** One call for each documented answer. */
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
