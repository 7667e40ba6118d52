// What is made of each thing that goes wrong with PostgreSQL.
import pg from 'pg';
import { expect, test } from 'vitest';
import { RefractError } from '../../../src/errors.ts';
import { troubleOf } from '../../../src/store/postgres/failures.ts';

function told(code: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('a message', 0, 'error'), { code });
}

function system(code: string, message = `connect ${code}`): Error {
  return Object.assign(new Error(message), { code });
}

function ofCall(code: string, syscall: string): Error {
  return Object.assign(system(code, `${syscall} ${code}`), { syscall });
}

test.each([
  // Whether it was carried out is not known; another try may find out.
  ['08006', 'connection failure', { isHarmless: false, passes: true, isOfServer: true }],
  ['40003', 'statement completion unknown', { isHarmless: false, passes: true, isOfServer: true }],
  ['57P01', 'ended by an administrator', { isHarmless: false, passes: true, isOfServer: true }],
  ['57P02', 'ended by a crash of another', { isHarmless: false, passes: true, isOfServer: true }],
  // Not carried out, and another server may do it.
  ['25006', 'read-only', { isHarmless: true, passes: true, isOfServer: true }],
  ['57P03', 'starting up', { isHarmless: true, passes: true, isOfServer: true }],
  // Not carried out, and a moment later it may be.
  ['40001', 'serialization failure', { isHarmless: true, passes: true, isOfServer: false }],
  ['40P01', 'deadlock', { isHarmless: true, passes: true, isOfServer: false }],
  ['53300', 'too many connections', { isHarmless: true, passes: true, isOfServer: false }],
  ['55P03', 'lock not available', { isHarmless: true, passes: true, isOfServer: false }],
  ['0A000', 'a plan of another schema', { isHarmless: true, passes: true, isOfServer: false }],
  ['26000', 'a prepared statement that is not there', { isHarmless: true, passes: true, isOfServer: false }],
  // Not carried out, and it would not be a moment later.
  ['53100', 'disk full', { isHarmless: true, passes: false, isOfServer: false }],
  ['53200', 'out of memory', { isHarmless: true, passes: false, isOfServer: false }],
  ['57014', 'cancelled', { isHarmless: true, passes: false, isOfServer: false }],
  ['57P04', 'database dropped', { isHarmless: true, passes: false, isOfServer: false }],
  ['58030', 'input or output', { isHarmless: true, passes: false, isOfServer: false }],
  ['XX001', 'damaged data', { isHarmless: true, passes: false, isOfServer: false }],
  ['28P01', 'wrong password', { isHarmless: true, passes: false, isOfServer: false }],
  ['3D000', 'no such database', { isHarmless: true, passes: false, isOfServer: false }],
  ['42P01', 'no such table', { isHarmless: true, passes: false, isOfServer: false }],
  ['42501', 'not permitted', { isHarmless: true, passes: false, isOfServer: false }],
  ['25P03', 'idle in a transaction', { isHarmless: true, passes: false, isOfServer: false }],
])('%s, %s', (code, _meaning, trouble) => {
  expect(troubleOf(told(code))).toEqual({ ...trouble, sentence: `a message (${code})` });
});

test.each(['23505', '23514', '22P02', '42601', '42703', '25P02'])(
  '%s says that a statement is wrong, and is no trouble of the database',
  (code) => {
    expect(troubleOf(told(code))).toBeUndefined();
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
])('nobody knows what became of a statement whose connection broke: $message', (reason) => {
  expect(troubleOf(reason)).toEqual({ sentence: reason.message, isHarmless: false, passes: true, isOfServer: true });
});

test.each([
  [new Error('timeout exceeded when trying to connect'), 'timeout exceeded when trying to connect', true],
  [
    new Error('Connection terminated due to connection timeout'),
    'Connection terminated due to connection timeout',
    true,
  ],
  [system('ECONNREFUSED'), 'connect ECONNREFUSED', true],
  // Of a name with several addresses Node says nothing but the code.
  [system('ECONNREFUSED', ''), 'ECONNREFUSED', true],
  [system('CERT_HAS_EXPIRED', 'certificate has expired'), 'certificate has expired', false],
  [system('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'), 'self-signed certificate', false],
  [system('SELF_SIGNED_CERT_IN_CHAIN'), 'connect SELF_SIGNED_CERT_IN_CHAIN', false],
  [system('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'connect UNABLE_TO_VERIFY_LEAF_SIGNATURE', false],
  [system('ERR_TLS_CERT_ALTNAME_INVALID'), 'connect ERR_TLS_CERT_ALTNAME_INVALID', false],
  [system('ERR_OSSL_PEM_NO_START_LINE'), 'connect ERR_OSSL_PEM_NO_START_LINE', false],
  [ofCall('ENOENT', 'open'), 'open ENOENT', false],
  [ofCall('EACCES', 'open'), 'open EACCES', false],
  // The file of a socket is there as soon as the server is.
  [ofCall('ENOENT', 'connect'), 'connect ENOENT', true],
  [ofCall('ECONNRESET', 'read'), 'read ECONNRESET', true],
  [new Error('The server does not support SSL connections'), 'The server does not support SSL connections', false],
  [
    new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
    'a password is asked for and none was given; put it into the address, PGPASSWORD or ~/.pgpass',
    false,
  ],
  [new Error('SASL: SCRAM-SERVER-FINAL-MESSAGE: bad'), 'SASL: SCRAM-SERVER-FINAL-MESSAGE: bad', true],
  [told('57P03'), 'a message (57P03)', true],
  [told('57P01'), 'a message (57P01)', true],
  [told('28P01'), 'a message (28P01)', false],
  [told('42601'), 'a message', true],
  [
    new Error('Cannot use a pool after calling end on the pool'),
    'Cannot use a pool after calling end on the pool',
    false,
  ],
  ['a word', 'a word', true],
])('without a connection nothing can have happened: %s', (cause, sentence, passes) => {
  const reason = new RefractError('not_connected', 'no connection', { cause });
  expect(troubleOf(reason)).toEqual({ sentence, isHarmless: true, passes, isOfServer: false });
});

test.each([new Error('anything else'), new TypeError('undefined is not a function'), 'a word', undefined])(
  'what is a bug stays one: %s',
  (reason) => {
    expect(troubleOf(reason)).toBeUndefined();
  },
);
