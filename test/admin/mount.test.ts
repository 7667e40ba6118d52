// A refusal of an operation becomes the problem that its document defines.
import { expect, test } from 'vitest';
import { mountAdmin, type AdminOperations } from '../../src/admin/mount.ts';
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
  // Has every operation of the document.
  const mount = mountAdmin(document, operations as unknown as AdminOperations, () => 'test');
  return mount.operations.get(operationId)?.handle(request);
}

test.each([
  ['getSubject', 'not_found', 404, 'Not Found'],
  ['issueSession', 'conflict', 409, 'Conflict'],
  ['putSubject', 'invalid', 400, 'Bad Request'],
] as const)('%s responds to a refusal as %s with %i', async (operationId, code, status, title) => {
  const reply = { status, body: { title, status, detail: 'There is none.' } };
  expect(await handleRefused(operationId, code)).toEqual({ reply, failed: false });
});

test.each([
  ['listKeySets', 'not_found'],
  ['getSubject', 'conflict'],
] as const)('%s throws a refusal as %s, which it does not document', async (operationId, code) => {
  await expect(handleRefused(operationId, code)).rejects.toThrow(RefractError);
});
