// What may be answered to a request, by the documents and the design's table of outcomes; and whether it was.
import { jsonIn, textIn, undocumentedIn, wrongOutside } from './answers.ts';
import { membersOf, type Documented, type Operation } from './documented.ts';
import type { Received } from './exchange.ts';
import { fitOf, isOddlyWritten, type Fit } from './fit.ts';
import { bytesOf, valuesOfHeader, type Trial } from './trial.ts';

/** Who answers, and what is known of it at this moment. */
export interface Asked {
  readonly documents: readonly Documented[];
  /** Headers that may come without being documented. */
  readonly beside: RegExp;
  /** Whether a wish for an answer is granted and nothing else decides: a mock holds no sessions. */
  readonly isMock: boolean;
  /** Whether somebody else holds the database. */
  readonly isHeld: boolean;
  /** Whether a wrong Host is refused: on a listener that has no names. */
  readonly isNamed: boolean;
  /** Whether a token is one of a living session. */
  readonly isLiving: (contract: string, credential: string | undefined) => boolean;
  /** Whether our own keys have signed it, so that its session may be throttled. */
  readonly isOurs: (contract: string, credential: string | undefined) => boolean;
  /** Whether a mock makes its answers up from the schemas. */
  readonly isMadeUp: boolean;
  readonly isAdminToken: (token: string) => boolean;
}

export interface Verdict {
  /** A sentence for everything that is wrong. */
  readonly complaints: readonly string[];
  /** Whose answer it is; of none where it was answered outside of every contract. */
  readonly operation?: Operation;
  readonly isGranted?: boolean;
}

export function judged(asked: Asked, trial: Trial, received: Received): Verdict {
  const [path = '', ...rest] = trial.path.split('?');
  const aside = (statuses: readonly number[], allow?: readonly string[]): Verdict => {
    if (!statuses.includes(received.status))
      return wrong(`it was answered ${told(received)}, not ${statuses.join(' or ')}`);
    const about = { beside: asked.beside, isHead: trial.method === 'HEAD', ...(allow && { allow }) };
    return { complaints: wrongOutside(received, about) };
  };
  if (!parsed.has(trial.method)) return aside([400]);
  if (asked.isNamed && valuesOfHeader(trial, 'host').length > 0) return aside([421]);
  // Any page may ask the mock whether it may ask.
  if (asked.isMock && trial.method === 'OPTIONS') return received.status === 204 ? { complaints: [] } : aside([204]);
  const found = operationsAt(asked.documents, path);
  if (found === 'undecodable') {
    const isWished = asked.isMock && refusedWish(received).complaints.length === 0;
    return isWished ? { complaints: [] } : aside([400, 404]);
  }
  if (found.length === 0) return /%[0-9a-f]{2}/i.test(path) ? aside([400, 404]) : aside([404]);
  const operation = found.find(({ method }) => method === trial.method);
  if (operation === undefined)
    return aside(
      [405],
      found.map(({ method }) => method),
    );
  const wish = /code=(\d+)/.exec(valuesOfHeader(trial, 'prefer').join())?.[1];
  if (asked.isMock && wish !== undefined && !operation.answers.has(Number(wish))) return refusedWish(received);
  if (asidesOf(trial, operation).includes(received.status) && isText(received)) return aside([received.status]);
  const fit = fitOf(trial, operation, path, rest.join('?'));
  return complaintsAt(asked, operation, fit, received, wish === undefined ? undefined : Number(wish));
}

/** Of those that are made up here, what Node's parser reads. */
const parsed = new Set('GET HEAD POST PUT PATCH DELETE OPTIONS TRACE PROPFIND QUERY'.split(' '));

/** Every method of the most literal template that a path fits. */
function operationsAt(documents: readonly Documented[], path: string): readonly Operation[] | 'undecodable' {
  const segments = path.split('/');
  const fitting = documents
    .flatMap(({ operations }) => operations)
    .filter(({ template }) => {
      const steps = template.split('/');
      const fits = (step: string, index: number): boolean =>
        step.startsWith('{') ? segments[index] !== '' : step === segments[index];
      return steps.length === segments.length && steps.every(fits);
    });
  const variables = ({ template }: Operation): number => template.split('{').length;
  const fewest = Math.min(...fitting.map(variables));
  const nearest = fitting.filter((operation) => variables(operation) === fewest);
  return nearest.length > 0 && !isDecodable(path) ? 'undecodable' : nearest;
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** What an operation's request may be answered outside of the document. */
function asidesOf(trial: Trial, { body: documented }: Operation): readonly number[] {
  if (documented === undefined) return [];
  // Lines may be as many as there are; they are read as they come, and packed they are not.
  const isLines = documented.mediaType.endsWith('ndjson');
  const isLong = (bytesOf({ ...trial, written: 'plain' })?.length ?? 0) > 16 * 1024;
  const isStrange = isOddlyWritten(trial) || (isLines && valuesOfHeader(trial, 'content-encoding').length > 0);
  return [...(isLong && !isLines ? [413] : []), ...(isStrange ? [415] : [])];
}

function isText({ headers }: Received): boolean {
  return headers['content-type']?.[0]?.startsWith('text/plain') === true;
}

/** The mock's own word about an answer that the document does not have. */
function refusedWish(received: Received): Verdict {
  const isTold = / documents no \d+; it has [\d, ]+\.\n$/.test(textIn(received.body) ?? '');
  const isRight = received.status === 404 && isText(received) && isTold;
  return isRight ? { complaints: [] } : wrong(`an undocumented wish was answered ${told(received)}`);
}

function wrong(complaint: string): Verdict {
  return { complaints: [complaint] };
}

function complaintsAt(
  asked: Asked,
  operation: Operation,
  fit: Fit,
  received: Received,
  wish: number | undefined,
): Verdict {
  const documented = operation.answers.get(received.status);
  if (documented === undefined) return wrong(`it was answered ${told(received)}, which is not documented`);
  const due = dueTo(asked, operation, fit, wish);
  const meant = meaningOf(operation, received);
  const isDue = due.includes(meant) || (due.includes('any code') && meant.startsWith('code '));
  const because = fit.misfits.length > 0 ? ` to a request where ${fit.misfits.join(' and ')}` : '';
  return {
    complaints: [
      ...undocumentedIn(documented, received, asked.beside),
      ...(isDue ? [] : [`it was answered ${told(received)}${because}, not ${due.join(' or ')}`]),
    ],
    operation,
    isGranted: outcomes[operation.contract]?.granted.includes(meant) === true,
  };
}

/** The status, and of an envelope that has one for everything its code. */
function meaningOf({ contract }: Operation, { status, body }: Received): string {
  if (contract !== 'cloudreve' || status !== 200) return String(status);
  return `code ${String(membersOf(jsonIn(textIn(body) ?? '')?.json)['code'])}`;
}

interface Outcomes {
  readonly granted: readonly string[];
  readonly violation: readonly string[];
  readonly noCredential: readonly string[];
  readonly refused: readonly string[];
}

/** The design's table; of the operators' contract everything is granted that is not the caller's own fault. */
const outcomes: Readonly<Record<string, Outcomes>> = {
  fib: { granted: ['200'], violation: ['400'], noCredential: ['401'], refused: ['401', '404', '422'] },
  orillion: { granted: ['200'], violation: ['400'], noCredential: ['401'], refused: ['401', '404', '422'] },
  xerial: { granted: ['200'], violation: ['401'], noCredential: ['401'], refused: ['401'] },
  kirjaswappi: { granted: ['200'], violation: ['400'], noCredential: ['400'], refused: ['401', '404'] },
  cloudreve: { granted: ['code 0'], violation: ['code 40001'], noCredential: ['code 40001'], refused: ['code 40020'] },
  admin: { granted: ['200', '201'], violation: ['400'], noCredential: ['401'], refused: ['400', '404', '409'] },
};

/** What a request may come to. */
function dueTo(asked: Asked, operation: Operation, fit: Fit, wish: number | undefined): readonly string[] {
  const { granted, violation, noCredential, refused } = outcomes[operation.contract] ?? outcomes['admin'] ?? none;
  const isAdmin = operation.credential === 'bearer';
  const token = isAdmin ? /^bearer +(\S+)$/i.exec(fit.credential ?? '')?.[1] : fit.credential;
  // Whoever is not known hears of nothing else, but for headers of which it is not clear what they say.
  const isUnknown = isAdmin && !(asked.isMock ? token !== undefined : token !== undefined && asked.isAdminToken(token));
  if (isUnknown) {
    const guessed = fit.credential === undefined || fit.credential === '' || asked.isMock ? [] : ['429'];
    return [...noCredential, ...guessed, ...(fit.isAmbiguous ? violation : [])];
  }
  const isMissing = operation.credential !== undefined && fit.credential === undefined;
  if (fit.misfits.length > 0) return [...violation, ...(isMissing ? noCredential : [])];
  if (isMissing) return noCredential;
  const held = asked.isHeld ? ['503'] : [];
  if (asked.isMock) {
    // Made up, a 200 of an envelope that has one for everything may be a failure as well.
    const anyCode = asked.isMadeUp ? ['any code'] : [];
    const wished = wish === undefined || wish < 300 ? [...granted, ...anyCode] : [String(wish)];
    // What can be no token, it may tell like the real server.
    const isNone = token === undefined || !/^[\w~+/.=-]+$/.test(token);
    return [...wished, ...(fit.isOpen ? violation : []), ...(isNone ? noCredential : [])];
  }
  if (isAdmin) return [...granted, ...refused, ...held];
  const own = asked.isLiving(operation.contract, fit.credential) ? granted : refused;
  const throttled = asked.isOurs(operation.contract, fit.credential) || fit.isOpen ? ['429'] : [];
  return [...own, ...throttled, ...(fit.isOpen ? [...violation, ...refused, ...granted] : []), ...held];
}

const none: Outcomes = { granted: [], violation: [], noCredential: [], refused: [] };

function told({ status, body }: Received): string {
  return `${String(status)} ${JSON.stringify(withoutTokens(textIn(body) ?? 'bytes').slice(0, 120))}`;
}

/** A report is kept, and a token is a secret. */
function withoutTokens(text: string): string {
  return text.replaceAll(/eyJ[\w.-]+/g, 'a token');
}
