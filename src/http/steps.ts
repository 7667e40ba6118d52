// Steps of one operation as one handler of Express. They are walked as Express would walk them, which looks up for each
// what a route has: a match, its parameters, who traces it. All of that took as long as what the steps do.
import type { ErrorRequestHandler, RequestHandler } from 'express';

/**
 * One after the other, until one of them does not ask for the next. What one throws, rejects with or hands to `next` is
 * answered by `answerFailure`. The last one's `next`, and anybody's `next('route')`, leave for what comes behind them.
 */
export function asOneStep(
  steps: readonly RequestHandler[],
  answerFailure: ErrorRequestHandler = (reason, _request, _response, leave) => {
    leave(reason);
  },
): RequestHandler {
  return (request, response, leave) => {
    let at = 0;
    const fail = (reason: unknown): void => {
      run(() => answerFailure(reason, request, response, leave), leave);
    };
    const next = (reason?: unknown): void => {
      if (reason !== undefined && reason !== 'route') {
        fail(reason);
        return;
      }
      const step = reason === undefined ? steps[at] : undefined;
      at += 1;
      if (step === undefined) leave(reason);
      else run(() => step(request, response, next), fail);
    };
    next();
  };
}

/** @param failed told what is thrown, or what the promise that is returned rejects with */
function run(work: () => unknown, failed: (reason: unknown) => void): void {
  try {
    const answered = work();
    if (answered instanceof Promise) answered.catch(failed);
  } catch (thrown) {
    failed(thrown);
  }
}

/** @param second asked where `first` leaves with `next('route')` */
export function oneOf(first: RequestHandler, second: RequestHandler): RequestHandler {
  return (request, response, next) =>
    first(request, response, (reason?: unknown) => {
      if (reason === 'route') second(request, response, next);
      else next(reason);
    });
}
