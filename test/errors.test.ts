import { expect, test } from 'vitest';
import {
  deserializeError,
  isForeseen,
  isRefused,
  isUnavailable,
  RefractError,
  serializeError,
  type ErrorCode,
} from '../src/errors.ts';

const overAThread = (reason: unknown): Error =>
  // From `serializeError`.
  deserializeError(JSON.parse(JSON.stringify(serializeError(reason))) as ReturnType<typeof serializeError>);

test.for<ErrorCode>(['document', 'conflict', 'not_found', 'key', 'store', 'unavailable'])(
  'an error %s keeps class, code, message and stack across threads',
  (code) => {
    const error = new RefractError(code, 'a sentence');
    const arrived = overAThread(error);
    expect(arrived).toBeInstanceOf(RefractError);
    expect(arrived).toEqual(error);
    expect(arrived).toMatchObject({ code, stack: error.stack });
    expect([isForeseen, isRefused, isUnavailable].map((is) => is(arrived))).toEqual(
      [isForeseen, isRefused, isUnavailable].map((is) => is(error)),
    );
  },
);

test('a system error keeps its code and cause across threads', () => {
  const cause = Object.assign(new RangeError('out of range'), { code: 'ERR_OUT_OF_RANGE' });
  const arrived = overAThread(Object.assign(new Error('in use', { cause }), { code: 'EADDRINUSE' }));
  expect(arrived).toMatchObject({ name: 'Error', message: 'in use', code: 'EADDRINUSE' });
  expect(arrived.cause).toBeInstanceOf(RangeError);
  expect(arrived.cause).toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
});

test('a library error keeps its name, and another value its text', () => {
  class SqliteError extends Error {
    override readonly name = 'SqliteError';
  }
  expect(overAThread(new SqliteError('locked'))).toMatchObject({ name: 'SqliteError', message: 'locked' });
  expect(overAThread('a text')).toEqual(new Error('a text'));
});

test('String(error) has the code', () => {
  expect(String(new RefractError('store', 'a sentence'))).toBe('RefractError [store]: a sentence');
});
