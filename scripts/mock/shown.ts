// The document of a contract for the mock's console: each operation has an additional header for the response to prefer.
import type { ContractDocument, DocumentedOperation, JsonObject } from '../../src/http/documents.ts';
import { isObject } from '../../src/http/documents/source.ts';

export function withPreferences(contract: ContractDocument): ContractDocument {
  const document = structuredClone(contract.document);
  for (const operation of contract.operations) {
    const written = operationIn(document, operation);
    const parameters = Array.isArray(written['parameters']) ? written['parameters'] : [];
    written['parameters'] = [...parameters, preferenceParameter(operation)];
  }
  return { ...contract, document };
}

function preferenceParameter({ responses }: DocumentedOperation): JsonObject {
  const preferences = [...responses.values()].flatMap(({ status, examples }) =>
    [...examples.keys()].map((name) => `code=${String(status)}, example=${name}`),
  );
  return {
    name: 'Prefer',
    in: 'header',
    description: 'The documented response that the mock sends; a success unless given.',
    schema: { type: 'string', enum: preferences },
  };
}

/** Returns an operation as written in a loaded document. */
export function operationIn(document: JsonObject, { path, method }: DocumentedOperation): JsonObject {
  return ['paths', path, method].reduce((holder, name) => {
    const member = holder[name];
    if (!isObject(member)) throw new Error(`there is no ${name}`);
    return member;
  }, document);
}
