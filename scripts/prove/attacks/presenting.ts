// Presents hostile tokens to a server, many at once, and holds what comes back against the design and the document.
import { Agent, request } from 'node:http';
import type { DocumentedOperation } from '../../../src/http/documents.ts';
import { loadDocument, openapiFolder } from '../../../src/http/documents.ts';
import { at } from '../../../test/shared/at.ts';
import { undocumented } from '../../../test/shared/documented.ts';
import { callFor, type ContractName } from '../../../test/shared/refreshing.ts';
import { answerOf, json, type WireAnswer, type WireCall } from '../../../test/shared/wire.ts';
import type { Hostile } from './hostile.ts';

export interface Presenter {
  /** @returns a sentence about each answer that should have been another one */
  readonly present: (contract: ContractName, hostiles: readonly Hostile[]) => Promise<readonly string[]>;
  readonly count: () => number;
  readonly close: () => void;
}

/** Bytes up to which a request is read: of a body, and of all headers together. */
const readUpTo = 16 * 1024;

const atOnce = 24;

/** @param origin of the server */
export function createPresenter(origin: string): Presenter {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  let count = 0;
  return {
    present: async (contract, hostiles) => {
      const [operation] = loadDocument(`${openapiFolder}/${contract}.yaml`).operations;
      if (operation === undefined) throw new Error(`${contract} has no operation`);
      const waiting = hostiles.values();
      const violations: string[] = [];
      const presentAll = async (): Promise<void> => {
        for (const hostile of waiting) {
          const call = callWith(contract, hostile.token);
          if (call === undefined) continue;
          count += 1;
          const complaint = complaintAbout(contract, operation, hostile, call, await exchange(agent, origin, call));
          if (complaint !== undefined) violations.push(`${contract}, ${hostile.what}: ${complaint}`);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, presentAll));
      return violations;
    },
    count: () => count,
    close: () => agent.destroy(),
  };
}

/** As bytes on the wire; none for a token with characters that no header can have. */
function callWith(contract: ContractName, token: string): WireCall | undefined {
  const call = callFor(contract, token);
  if (call.body !== undefined) return call;
  const headers = Object.entries(callFor(contract, Buffer.from(token).toString('latin1')).headers ?? {});
  // Blanks around a header's value are not part of it (RFC 9110 §5.5).
  const isSendable = headers.every(([, value]) =>
    /^(?![\t ])[\t\u0020-\u007e\u0080-\u00ff]*(?<![\t ])$/.test(String(value)),
  );
  return isSendable ? { ...call, headers: Object.fromEntries(headers) } : undefined;
}

const statusOf: Readonly<Record<ContractName, Readonly<Record<Hostile['expected'], number>>>> = {
  cloudreve: { invalid: 200, unprocessable: 200 },
  fib: { invalid: 401, unprocessable: 422 },
  kirjaswappi: { invalid: 401, unprocessable: 401 },
  orillion: { invalid: 401, unprocessable: 422 },
  xerial: { invalid: 401, unprocessable: 401 },
};

function complaintAbout(
  contract: ContractName,
  operation: DocumentedOperation,
  { expected }: Hostile,
  call: WireCall,
  answer: WireAnswer | undefined,
): string | undefined {
  const size = (call.body?.length ?? 0) + String(call.headers?.['authorization'] ?? '').length;
  // Nobody reads it to the end, so that the connection may break before the answer was seen.
  if (answer === undefined) return size > 4 * readUpTo ? undefined : 'there was no answer';
  if (size > readUpTo - 200 && answer.status === (call.body === undefined ? 431 : 413)) {
    return answer.headers['content-type']?.startsWith('text/plain') === true
      ? undefined
      : 'it is too large, and not told so in text';
  }
  const told = `${String(answer.status)} ${answer.body.slice(0, 100)}`;
  if (answer.status !== statusOf[contract][expected]) return `answered with ${told}`;
  if (contract === 'cloudreve' && at(json(answer), 'code') !== 40020) return `answered with ${told}`;
  const wrong = undocumented(operation, answer);
  return wrong.length > 0 ? `the answer has, undocumented, ${wrong.join(', ')}` : undefined;
}

function exchange(agent: Agent, origin: string, call: WireCall): Promise<WireAnswer | undefined> {
  return new Promise((resolve) => {
    const { method, path, headers = {}, body } = call;
    const sent = request(origin + path, { method, headers, agent, timeout: 30_000 }, (response) => {
      answerOf(response).then(resolve, () => resolve(undefined));
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(undefined));
    sent.end(body);
  });
}
