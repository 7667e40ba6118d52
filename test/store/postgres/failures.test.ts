// How each failure of PostgreSQL is classified.
import pg from 'pg';
import { expect, test } from 'vitest';
import { RefractError } from '../../../src/errors.ts';
import { classifyFailure } from '../../../src/store/postgres/failures.ts';

function createError(code: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('a message', 0, 'error'), { code });
}

function system(code: string, message = `connect ${code}`): Error {
  return Object.assign(new Error(message), { code });
}

function createSystemError(code: string, syscall: string): Error {
  return Object.assign(system(code, `${syscall} ${code}`), { syscall });
}

test.each([
  // The outcome is unknown.
  ['08006', 'connection failure', { isWithoutEffect: false, isTransient: true, isServerWide: true }],
  ['40003', 'statement completion unknown', { isWithoutEffect: false, isTransient: true, isServerWide: true }],
  ['57P01', 'ended by an administrator', { isWithoutEffect: false, isTransient: true, isServerWide: true }],
  ['57P02', 'ended by a crash of another', { isWithoutEffect: false, isTransient: true, isServerWide: true }],
  // Without effect, and another server may carry it out.
  ['25006', 'read-only', { isWithoutEffect: true, isTransient: true, isServerWide: true }],
  ['57P03', 'starting up', { isWithoutEffect: true, isTransient: true, isServerWide: true }],
  // Without effect, and a retry may succeed.
  ['40001', 'serialization failure', { isWithoutEffect: true, isTransient: true, isServerWide: false }],
  ['40P01', 'deadlock', { isWithoutEffect: true, isTransient: true, isServerWide: false }],
  ['53300', 'too many connections', { isWithoutEffect: true, isTransient: true, isServerWide: false }],
  ['55P03', 'lock not available', { isWithoutEffect: true, isTransient: true, isServerWide: false }],
  ['0A000', 'a plan of another schema', { isWithoutEffect: true, isTransient: true, isServerWide: false }],
  [
    '26000',
    'a prepared statement that is not there',
    { isWithoutEffect: true, isTransient: true, isServerWide: false },
  ],
  // Without effect, and a retry fails as well.
  ['53100', 'disk full', { isWithoutEffect: true, isTransient: false, isServerWide: false }],
  ['53200', 'out of memory', { isWithoutEffect: true, isTransient: false, isServerWide: false }],
  ['57014', 'cancelled', { isWithoutEffect: true, isTransient: false, isServerWide: false }],
  ['57P04', 'database dropped', { isWithoutEffect: true, isTransient: false, isServerWide: false }],
  ['58030', 'input or output', { isWithoutEffect: true, isTransient: false, isServerWide: false }],
  ['XX001', 'damaged data', { isWithoutEffect: true, isTransient: false, isServerWide: false }],
  ['28P01', 'wrong password', { isWithoutEffect: true, isTransient: false, isServerWide: false }],
  ['3D000', 'no such database', { isWithoutEffect: true, isTransient: false, isServerWide: false }],
  ['42P01', 'no such table', { isWithoutEffect: true, isTransient: false, isServerWide: false }],
  ['42501', 'not permitted', { isWithoutEffect: true, isTransient: false, isServerWide: false }],
  ['25P03', 'idle in a transaction', { isWithoutEffect: true, isTransient: false, isServerWide: false }],
])('classifyFailure() classifies %s, %s', (code, _meaning, failure) => {
  expect(classifyFailure(createError(code))).toEqual({ ...failure, message: `a message (${code})` });
});

test.each(['23505', '23514', '22P02', '42601', '42703', '25P02'])(
  'the SQLSTATE %s is a wrong statement and no failure of the database',
  (code) => {
    expect(classifyFailure(createError(code))).toBeUndefined();
  },
);

test.each([
  new Error('Connection terminated unexpectedly'),
  new Error('Connection terminated'),
  new Error('Client has encountered a connection error and is not queryable'),
  new Error('Query read timeout'),
  new Error('Client was closed and is not queryable'),
  system('ECONNRESET'),
  system('EPIPE'),
  system('ETIMEDOUT'),
])('a lost connection leaves the outcome unknown: $message', (reason) => {
  expect(classifyFailure(reason)).toEqual({
    message: reason.message,
    isWithoutEffect: false,
    isTransient: true,
    isServerWide: true,
  });
});

test.each([
  [new Error('timeout exceeded when trying to connect'), 'timeout exceeded when trying to connect', true],
  [
    new Error('Connection terminated due to connection timeout'),
    'Connection terminated due to connection timeout',
    true,
  ],
  [system('ECONNREFUSED'), 'connect ECONNREFUSED', true],
  // For a host name with several addresses Node reports only the code.
  [system('ECONNREFUSED', ''), 'ECONNREFUSED', true],
  [system('CERT_HAS_EXPIRED', 'certificate has expired'), 'certificate has expired', false],
  [system('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'), 'self-signed certificate', false],
  [system('SELF_SIGNED_CERT_IN_CHAIN'), 'connect SELF_SIGNED_CERT_IN_CHAIN', false],
  [system('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'connect UNABLE_TO_VERIFY_LEAF_SIGNATURE', false],
  [system('ERR_TLS_CERT_ALTNAME_INVALID'), 'connect ERR_TLS_CERT_ALTNAME_INVALID', false],
  [system('ERR_OSSL_PEM_NO_START_LINE'), 'connect ERR_OSSL_PEM_NO_START_LINE', false],
  [createSystemError('ENOENT', 'open'), 'open ENOENT', false],
  [createSystemError('EACCES', 'open'), 'open EACCES', false],
  // The server creates the file of its socket when it starts.
  [createSystemError('ENOENT', 'connect'), 'connect ENOENT', true],
  [createSystemError('ECONNRESET', 'read'), 'read ECONNRESET', true],
  [new Error('The server does not support SSL connections'), 'The server does not support SSL connections', false],
  [
    new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
    'the server requires a password; put it into the address, PGPASSWORD or ~/.pgpass',
    false,
  ],
  [new Error('SASL: SCRAM-SERVER-FINAL-MESSAGE: bad'), 'SASL: SCRAM-SERVER-FINAL-MESSAGE: bad', true],
  [createError('57P03'), 'a message (57P03)', true],
  [createError('57P01'), 'a message (57P01)', true],
  [createError('28P01'), 'a message (28P01)', false],
  [createError('42601'), 'a message', true],
  [
    new Error('Cannot use a pool after calling end on the pool'),
    'Cannot use a pool after calling end on the pool',
    false,
  ],
  ['a word', 'a word', true],
])('a failure to connect has no effect: %s', (cause, message, isTransient) => {
  const reason = new RefractError('not_connected', 'no connection', { cause });
  expect(classifyFailure(reason)).toEqual({ message, isWithoutEffect: true, isTransient, isServerWide: false });
});

test.each([new Error('anything else'), new TypeError('undefined is not a function'), 'a word', undefined])(
  'any other error is not a failure of the database: %s',
  (reason) => {
    expect(classifyFailure(reason)).toBeUndefined();
  },
);
