// One answer for everybody who asks at about the same time, so that nobody can load the database by asking.

/**
 * @param period milliseconds for which an answer, or a failure, is given again
 * @param now milliseconds of a clock that only goes forward
 */
export function cached<Answer>(
  period: number,
  read: () => Promise<Answer>,
  now: () => number = () => performance.now(),
): () => Promise<Answer> {
  let known: { readonly answer: Promise<Answer>; readonly since: number } | undefined;
  return () => {
    if (known === undefined || now() - known.since >= period) known = { answer: read(), since: now() };
    return known.answer;
  };
}
