// A contract's document as the mock's console shows it: each operation has one more header, in which the reader chooses
// the response.
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
    description: 'Which of the documented answers the mock is to give; a success where nothing is preferred.',
    schema: { type: 'string', enum: preferences },
  };
}

/** An operation as it is written in a document that the loader has read. */
export function operationIn(document: JsonObject, { path, method }: DocumentedOperation): JsonObject {
  return ['paths', path, method].reduce((holder, name) => {
    const member = holder[name];
    if (!isObject(member)) throw new Error(`there is no ${name}`);
    return member;
  }, document);
}
