// refract issue: new sessions, for whoever has just signed in.
import { isRefused, isUnavailable, RefractError } from '../errors.ts';
import {
  byCommandLine,
  checkContract,
  commonFlags,
  commonOptions,
  parse,
  print,
  required,
  setUp,
  withRefract,
  type Command,
} from './command.ts';

const mostAtOnce = 1_000_000;

/** Issued side by side, so that they share their commits. */
const chunk = 256;

export const issue: Command = {
  usage:
    'issue --contract NAME --subject ID [--label TEXT] [--count N] [--format json|tokens] [--db FILE] [--config FILE]',
  summary: "Issues sessions and prints their tokens in the contract's own shape",
  options: [
    ['--contract NAME', 'the contract'],
    ['--subject ID', 'the subject'],
    ['--label TEXT', 'what to remember the session by'],
    ['--count N', 'how many sessions (default 1)'],
    [
      '--format json|tokens',
      "json: the contract's own shape, one a line for several; tokens: bare refresh tokens, one a line",
    ],
    ...commonOptions,
  ],
  run: async (rest) => {
    const { values } = parse(rest, {
      contract: { type: 'string' },
      subject: { type: 'string' },
      label: { type: 'string' },
      count: { type: 'string', default: '1' },
      format: { type: 'string', default: 'json' },
      ...commonFlags,
    });
    const contract = required(values.contract, '--contract');
    const subjectId = required(values.subject, '--subject');
    const count = countOf(values.count);
    const { format, label } = values;
    if (format !== 'json' && format !== 'tokens')
      throw new RefractError('usage', `--format must be json or tokens, not ${format}.`);

    const setup = await setUp({ database: values.db, configFile: values.config });
    checkContract(setup, contract);
    await withRefract(setup, async (refract) => {
      for (let done = 0; done < count; done += chunk) {
        const batch = Array.from({ length: Math.min(count - done, chunk) });
        const issuing = Promise.all(
          batch.map(() => refract.administration.issue(contract, subjectId, label, byCommandLine)),
        );
        for (const issued of await issuing.catch((reason: unknown) => stoppedAfter(done, subjectId, reason))) {
          if (format === 'tokens') print(issued.grant.refresh.token);
          else print(JSON.stringify(refract.shapeOf(contract, issued), undefined, count === 1 ? 2 : 0));
        }
      }
    });
  },
};

function countOf(text: string): number {
  const count = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= mostAtOnce) return count;
  throw new RefractError(
    'usage',
    `--count must be a whole number from 1 to ${String(mostAtOnce)}, not ${JSON.stringify(text)}.`,
  );
}

/** What was printed is issued, and only that: those issued side by side are issued together or not at all. */
function stoppedAfter(done: number, subjectId: string, reason: unknown): never {
  if (isRefused(reason) && reason.code !== 'invalid') {
    const [sentence, action] =
      reason.code === 'not_found'
        ? [`There is no subject ${subjectId}; add it`, 'add']
        : [`The subject ${subjectId} is disabled; enable it`, 'enable'];
    throw new RefractError('command', `${sentence} with: refract subject ${action} ${subjectId}`);
  }
  if (done === 0 || !isUnavailable(reason)) throw reason;
  throw new RefractError(
    'command',
    `The database cannot be used right now: ${reason.message}; the ${String(done)} sessions printed so far are issued, the others are not.`,
  );
}
