// What the session page shows: the claims of the stored tokens, never the tokens themselves, and a timeline.
import type { Tokens } from '../../client/session.ts';
import { claimsOf, clockTime, element, find, messageOf, rowsOf, setText } from './dom.ts';

/** Times are milliseconds of this machine's clock. */
export interface Shown {
  readonly access: string;
  readonly generation: string;
  readonly session: string;
  readonly refresh: string;
  readonly storedAt: number;
  readonly expiresAt: number;
  readonly refreshExpiresAt: number;
}

/** How an entry of the timeline is coloured. */
export type Kind = 'good' | 'plain' | 'wait' | 'bad';

export interface View {
  readonly add: (kind: Kind, what: string, about?: string) => void;
  readonly show: (shown: Shown | undefined, isCut: boolean) => void;
  /** Runs `work` whenever the button is pressed. */
  readonly press: (action: string, work: () => Promise<void>) => void;
}

/** Entries that the timeline keeps. */
const most = 60;

/** @param text as the session stores it */
export function parseShown(text: string | null): Shown | undefined {
  if (text === null) return undefined;
  // The session validated it when it stored it.
  const stored = JSON.parse(text) as Tokens & { readonly storedAt: number; readonly expiresAt: number };
  const access = claimsOf(stored.accessToken);
  const refresh = claimsOf(stored.refreshToken);
  return {
    access: shortened(access['jti']),
    generation: generationOf(stored.refreshToken),
    session: shortened(refresh['sid']),
    refresh: shortened(refresh['jti']),
    storedAt: stored.storedAt,
    expiresAt: stored.expiresAt,
    refreshExpiresAt: Number(refresh['exp']) * 1_000,
  };
}

/** `–` where the contract's tokens have none. */
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

export function viewOf(demo: HTMLElement): View {
  const timeline = find('.timeline');
  const button = (action: string): HTMLElement => find(`[data-do="${action}"]`, demo);
  const fill = (card: string, rows: Parameters<typeof rowsOf>[0]): void =>
    find(`[data-token="${card}"] dl`, demo).replaceChildren(...rowsOf(rows));
  find<HTMLAnchorElement>('.another', demo).href = location.pathname;

  const add: View['add'] = (kind, what, about = '') => {
    const item = element('li', `entry entry-${kind}`);
    const time = element('time', '', clockTime(new Date()));
    item.append(time, element('strong', 'entry-what', what), element('span', 'entry-about quiet', about));
    timeline.prepend(item);
    while (timeline.childElementCount > most) timeline.lastElementChild?.remove();
  };
  const show: View['show'] = (shown, isCut) => {
    const left = (shown?.expiresAt ?? 0) - Date.now();
    const words = shown === undefined ? 'Signed out.' : 'Signed in.';
    setText(find('.state', demo), isCut ? `${words} The server is cut off, in all tabs.` : words);
    demo.classList.toggle('is-out', shown === undefined);
    demo.classList.toggle('is-cut', isCut);
    fill('access', [
      ['jti', shown?.access ?? '–'],
      ['Good for', shown === undefined ? '–' : duration(left)],
    ]);
    fill('refresh', [
      ['Generation', shown?.generation ?? '–'],
      ['jti', shown?.refresh ?? '–'],
      ['Session', shown?.session ?? '–'],
      ['Good for', shown === undefined ? '–' : duration(shown.refreshExpiresAt - Date.now())],
    ]);
    const whole = shown === undefined ? 1 : Math.max(1, shown.expiresAt - shown.storedAt);
    const share = Math.min(1, Math.max(0, left / whole));
    find('.life span', demo).style.width = `${(100 * share).toFixed(1)}%`;
    for (const action of ['refresh', 'expire', 'replay', 'sign-out']) button(action).hidden = shown === undefined;
    button('sign-in').hidden = shown !== undefined;
    button('cut').hidden = false;
    button('cut').textContent = isCut ? 'Bring the server back' : 'Cut the server off';
  };
  const press: View['press'] = (action, work) => {
    button(action).addEventListener('click', () => {
      work().catch((reason: unknown) => add('bad', 'That did not work', messageOf(reason)));
    });
  };
  return { add, show, press };
}

function shortened(claim: unknown): string {
  return typeof claim === 'string' ? claim.slice(0, 8) : '–';
}
