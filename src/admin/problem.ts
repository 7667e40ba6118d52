// Problem details (RFC 9457); their type is always about:blank, so the title is the name of the status.
const titles = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  409: 'Conflict',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const;

type Status = keyof typeof titles;

interface Problem {
  title: string;
  status: number;
  detail: string;
}

/** A reply with a sentence about what happened. */
export function problem<const Given extends Status>(status: Given, detail: string) {
  const body: Problem = { title: titles[status], status, detail };
  return { status, body };
}

/** A reply that says when to come back. @param retryAfter seconds */
export function problemForNow<const Given extends Status>(status: Given, detail: string, retryAfter: number) {
  return { ...problem(status, detail), headers: { 'Retry-After': retryAfter } };
}
