// The details of a subject are claims of its tokens, and a refresh token that is too long is refused unparsed.
import { describe, expect, test } from 'vitest';
import { RefractError } from '../../src/errors.ts';
import { checkSubject } from '../../src/admin/subject-details.ts';
import { openEngine } from './real-engine.ts';

const nothing = { email: undefined, account: undefined, role: undefined };

describe('the details of a subject', () => {
  test('the details of a subject may have 255 characters each', () => {
    const longest = 'a'.repeat(255);
    expect(() => {
      checkSubject(longest, { email: longest, account: longest, role: longest });
    }).not.toThrow();
  });

  test.each(['email', 'account', 'role'])('a subject with a longer %s is refused in one sentence', (name) => {
    expect(() => {
      checkSubject('bob', { ...nothing, [name]: 'a'.repeat(256) });
    }).toThrow(new RefractError('invalid', `The ${name} of a subject may have at most 255 characters, not 256.`));
  });

  test('a subject id that is empty or longer than 255 characters is refused', () => {
    expect(() => {
      checkSubject('a'.repeat(256), nothing);
    }).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(() => {
      checkSubject('', nothing);
    }).toThrow(new RefractError('invalid', 'A subject needs an id.'));
  });

  test('a subject id that no URL can contain is refused, a similar one is accepted', () => {
    for (const id of ['.', '..', '\ud800', 'a\udfff', 'a\0']) {
      expect(() => {
        checkSubject(id, nothing);
      }).toThrow(/^The id of a subject must be well-formed Unicode without NUL, /);
    }
    for (const id of ['...', '.a', 'a/..', '/', ' ', '%2e', '\u{1f600}']) {
      expect(() => {
        checkSubject(id, nothing);
      }).not.toThrow();
    }
  });

  // The characters that grow most as JSON escapes and in UTF-8.
  test.each([
    ['fib', '\u0001'],
    ['fib', '語'],
    ['xerial', '\u0001'],
    ['kirjaswappi', '語'],
    ['cloudreve', '\u0001'],
  ] as const)('the longest details of a subject fit into a token of %s (%j)', async (contract, character) => {
    const { engine, store } = await openEngine({ contract });
    const id = character.repeat(255);
    await store.putSubject(id, { email: id, account: id, role: id });
    const issued = await engine.issue(id);
    if (issued.kind !== 'issued') throw new Error(issued.refusal);
    expect(await engine.refresh(issued.grant.refresh.token, 'request')).toMatchObject({ kind: 'granted' });
  });

  test('subject details that make a token too long are a fault, and nothing is committed', async () => {
    const { engine, store, signIn, stored } = await openEngine({ contract: 'fib' });
    const { session, token } = await signIn();
    await store.putSubject('bob', { email: 'a'.repeat(4_000), account: undefined, role: undefined });
    await expect(engine.refresh(token, 'request')).rejects.toThrow('a refresh token of fib is too long');
    expect(await stored(session)).toMatchObject({ generation: 0 });
  });
});
