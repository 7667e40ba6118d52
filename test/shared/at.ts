/** The member at a path of a parsed JSON value; fails where there is none. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const name of path) {
    if (typeof current !== 'object' || current === null || !(name in current)) {
      throw new Error(`no ${path.join('.')} in ${JSON.stringify(value)}`);
    }
    current = { ...current }[name as never];
  }
  return current;
}
