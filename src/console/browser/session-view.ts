// What the session page displays: the claims of the stored tokens, never the tokens themselves, and a timeline.
import type { Tokens } from '../../client/session.ts';
import { claimsOf, clockTime, definitionRows, element, find, messageOf, setText } from './dom.ts';

/** Times in milliseconds since 1970, by this machine's clock. */
export interface StoredTokens {
  readonly accessJti: string;
  readonly generation: string;
  readonly sid: string;
  readonly refreshJti: string;
  readonly storedAtMs: number;
  readonly expiresAtMs: number;
  readonly refreshExpiresAtMs: number;
}

/** The colour of a timeline entry. */
export type EntryKind = 'good' | 'plain' | 'wait' | 'bad';

export interface View {
  readonly add: (kind: EntryKind, what: string, about?: string) => void;
  readonly show: (stored: StoredTokens | undefined, isCut: boolean) => void;
  /** Runs `work` whenever the button is pressed. */
  readonly onPress: (action: string, work: () => Promise<void>) => void;
}

const maxEntries = 60;

/** @param text as the session stores it */
export function parseStored(text: string | null): StoredTokens | undefined {
  if (text === null) return undefined;
  // The session validated the tokens when it stored them.
  const stored = JSON.parse(text) as Tokens & { readonly storedAt: number; readonly expiresAt: number };
  const access = claimsOf(stored.accessToken);
  const refresh = claimsOf(stored.refreshToken);
  return {
    accessJti: shorten(access['jti']),
    generation: generationOf(stored.refreshToken),
    sid: shorten(refresh['sid']),
    refreshJti: shorten(refresh['jti']),
    storedAtMs: stored.storedAt,
    expiresAtMs: stored.expiresAt,
    refreshExpiresAtMs: Number(refresh['exp']) * 1_000,
  };
}

/** Returns `–` for a contract whose tokens have no generation. */
export function generationOf(refreshToken: string): string {
  const { gen } = claimsOf(refreshToken);
  return typeof gen === 'number' ? String(gen) : '–';
}

export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

export function createView(demo: HTMLElement): View {
  const timeline = find('.timeline');
  const button = (action: string): HTMLElement => find(`[data-do="${action}"]`, demo);
  const fill = (card: string, rows: Parameters<typeof definitionRows>[0]): void =>
    find(`[data-token="${card}"] dl`, demo).replaceChildren(...definitionRows(rows));
  find<HTMLAnchorElement>('.another', demo).href = location.pathname;

  const add: View['add'] = (kind, what, about = '') => {
    const item = element('li', `entry entry-${kind}`);
    const time = element('time', '', clockTime(new Date()));
    item.append(time, element('strong', 'entry-what', what), element('span', 'entry-about quiet', about));
    timeline.prepend(item);
    while (timeline.childElementCount > maxEntries) timeline.lastElementChild?.remove();
  };
  const show: View['show'] = (stored, isCut) => {
    const leftMs = (stored?.expiresAtMs ?? 0) - Date.now();
    const words = stored === undefined ? 'Signed out.' : 'Signed in.';
    setText(find('.state', demo), isCut ? `${words} The server is cut off, in all tabs.` : words);
    demo.classList.toggle('is-out', stored === undefined);
    demo.classList.toggle('is-cut', isCut);
    fill('access', [
      ['jti', stored?.accessJti ?? '–'],
      ['Expires in', stored === undefined ? '–' : duration(leftMs)],
    ]);
    fill('refresh', [
      ['Generation', stored?.generation ?? '–'],
      ['jti', stored?.refreshJti ?? '–'],
      ['Session', stored?.sid ?? '–'],
      ['Expires in', stored === undefined ? '–' : duration(stored.refreshExpiresAtMs - Date.now())],
    ]);
    const lifetimeMs = stored === undefined ? 1 : Math.max(1, stored.expiresAtMs - stored.storedAtMs);
    const share = Math.min(1, Math.max(0, leftMs / lifetimeMs));
    find('.life span', demo).style.width = `${(100 * share).toFixed(1)}%`;
    for (const action of ['refresh', 'expire', 'replay', 'sign-out']) button(action).hidden = stored === undefined;
    button('sign-in').hidden = stored !== undefined;
    button('cut').hidden = false;
    button('cut').textContent = isCut ? 'Bring the server back' : 'Cut the server off';
  };
  const onPress: View['onPress'] = (action, work) => {
    button(action).addEventListener('click', () => {
      work().catch((reason: unknown) => add('bad', 'The action failed', messageOf(reason)));
    });
  };
  return { add, show, onPress };
}

function shorten(claim: unknown): string {
  return typeof claim === 'string' ? claim.slice(0, 8) : '–';
}
