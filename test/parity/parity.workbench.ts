// The server, the mock and the server behind Prism's proxy give the same documented responses.
import { afterAll, describe, expect, test } from 'vitest';
import { loadContracts } from '../../src/app/contracts.ts';
import { createParityKit, targets } from './kit.ts';

const kit = createParityKit(await loadContracts());
afterAll(() => kit.stop());

describe.each(targets)('the %s responds as documented', (target) => {
  test.each(kit.cases)('the response $name is as documented', { timeout: 30_000 }, async (wanted) => {
    expect(await kit.differences(wanted, target)).toEqual([]);
  });
});
