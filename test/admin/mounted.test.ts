// A refusal of an operation becomes the problem that the document has for it.
import { expect, test } from 'vitest';
import { mountAdmin, type AdminOperations } from '../../src/admin/mounted.ts';
import { RefractError } from '../../src/errors.ts';
import { loadDocument, openapiFolder } from '../../src/http/documents.ts';

const document = loadDocument(`${openapiFolder}/admin.yaml`);
const request = {
  ...{ requestId: 'r', address: undefined, userAgent: undefined, actor: 'test', body: undefined },
  ...{ headers: {}, parameters: {}, query: {} },
};

function handleRefused(operationId: keyof AdminOperations, code: 'not_found' | 'conflict' | 'invalid') {
  const refuse = () => Promise.reject(new RefractError(code, 'There is none.'));
  const operations = Object.fromEntries(document.operations.map((one) => [one.operationId, refuse]));
  // Every operation of the document is here; none of them returns.
  const mount = mountAdmin(document, operations as unknown as AdminOperations, () => 'test');
  return mount.operations.get(operationId)?.handle(request);
}

test.each([
  ['getSubject', 'not_found', 404, 'Not Found'],
  ['issueSession', 'conflict', 409, 'Conflict'],
  ['putSubject', 'invalid', 400, 'Bad Request'],
] as const)('%s answers a refusal as %s with %i', async (operationId, code, status, title) => {
  const reply = { status, body: { title, status, detail: 'There is none.' } };
  expect(await handleRefused(operationId, code)).toEqual({ reply, failed: false });
});

test.each([
  ['listKeySets', 'not_found'],
  ['getSubject', 'conflict'],
] as const)('%s throws a refusal as %s, which its document does not have', async (operationId, code) => {
  await expect(handleRefused(operationId, code)).rejects.toThrow(RefractError);
});
