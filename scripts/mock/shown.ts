/**
 * A contract's document as the mock's console shows it: every operation has one more header, in which the reader
 * chooses the answer.
 */
import type { ContractDocument, DocumentedOperation, JsonObject } from '../../src/http/documents.ts';
import { memberOf } from '../document/member.ts';

export function withPreferences(contract: ContractDocument): ContractDocument {
  const document = structuredClone(contract.document);
  for (const operation of contract.operations) {
    const written = memberOf(memberOf(memberOf(document, 'paths'), operation.path), operation.method);
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
