// What the session page has on it, and the only place that writes to it.
import { duration, type Shown } from './shown.ts';

/** How an entry of the timeline is to be taken. */
export type Kind = 'good' | 'plain' | 'wait' | 'bad';

export interface View {
  readonly add: (kind: Kind, what: string, about?: string) => void;
  readonly show: (shown: Shown | undefined, isCut: boolean) => void;
  readonly press: (action: string, work: () => Promise<void>) => void;
}

/** Entries that are kept. */
const most = 60;

export function viewOf(demo: HTMLElement): View {
  const state = find(demo, '.state');
  const timeline = find(document.body, '.timeline');
  const another = demo.querySelector<HTMLAnchorElement>('.another');
  if (another !== null) another.href = location.pathname;

  const add: View['add'] = (kind, what, about = '') => {
    const time = element('time', '', new Date().toTimeString().slice(0, 8));
    const item = element('li', `entry entry-${kind}`);
    item.append(time, element('strong', 'entry-what', what), element('span', 'entry-about', about));
    timeline.prepend(item);
    while (timeline.childElementCount > most) timeline.lastElementChild?.remove();
  };
  const fill = (card: string, rows: readonly (readonly [string, string])[]): void => {
    const list = find(demo, `[data-token="${card}"] dl`);
    const written = rows.map(([term, fact]) => {
      const row = document.createElement('div');
      row.append(element('dt', '', term), element('dd', '', fact));
      return row;
    });
    list.replaceChildren(...written);
  };
  const button = (action: string): HTMLButtonElement => {
    const found = demo.querySelector<HTMLButtonElement>(`[data-do="${action}"]`);
    if (found === null) throw new Error(`there is no ${action}`);
    return found;
  };
  return {
    add,
    show: (shown, isCut) => {
      const left = (shown?.expiresAt ?? 0) - Date.now();
      const words = shown === undefined ? 'Signed out.' : 'Signed in.';
      const sentence = isCut ? `${words} The server is cut off, in all tabs.` : words;
      // What is said again is not to be read out again.
      if (state.textContent !== sentence) state.textContent = sentence;
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
      const whole = shown === undefined ? 1 : shown.expiresAt - shown.storedAt;
      const share = Math.min(1, Math.max(0, left / Math.max(1, whole)));
      find(demo, '.life span').style.width = `${(100 * share).toFixed(1)}%`;
      for (const action of ['refresh', 'expire', 'replay', 'sign-out']) button(action).hidden = shown === undefined;
      button('sign-in').hidden = shown !== undefined;
      button('cut').hidden = false;
      button('cut').textContent = isCut ? 'Bring the server back' : 'Cut the server off';
    },
    press: (action, work) => {
      button(action).addEventListener('click', () => {
        work().catch((reason: unknown) => {
          add('bad', 'That did not work', reason instanceof Error ? reason.message : String(reason));
        });
      });
    },
  };
}

function find(within: HTMLElement, selector: string): HTMLElement {
  const found = within.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`there is no ${selector}`);
  return found;
}

function element(name: string, className: string, text = ''): HTMLElement {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}
