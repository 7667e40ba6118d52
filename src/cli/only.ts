// One contract alone, at a base path of the operator's choosing: --only and --at, which serve and demo share.
import { RefractError } from '../errors.ts';

export interface Only {
  readonly contract: string;
  readonly at?: string;
}

/** What `parse` is to look for. */
export const onlyFlags = { only: { type: 'string' }, at: { type: 'string' } } as const;

/** @throws RefractError `usage` for a path without a contract, or one that is not a path */
export function onlyOf({
  only: contract,
  at,
}: {
  readonly only?: string | undefined;
  readonly at?: string | undefined;
}): Only | undefined {
  if (contract === undefined) {
    if (at !== undefined) throw new RefractError('usage', '--at needs --only, which says what to mount there.');
    return undefined;
  }
  if (at === undefined) return { contract };
  if (!/^\/([\w.~-]+(\/[\w.~-]+)*\/?)?$/.test(at) || /\/\.{1,2}(\/|$)/.test(at)) {
    throw new RefractError('usage', `--at must be a path such as /api/v4 or /, not ${JSON.stringify(at)}.`);
  }
  return { contract, at: at === '/' ? at : at.replace(/\/$/, '') };
}
