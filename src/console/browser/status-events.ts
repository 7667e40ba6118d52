// The latest audit events of the status page, read from the admin contract with the operator's own token.
import { clockTime, element, find, setText } from './dom.ts';

/** The shown members of the schema AuditEvent in openapi/admin.yaml. */
type AuditEvent = Readonly<
  Record<'id' | 'type', string> &
    Record<'at', number> &
    Record<'contract' | 'subjectId' | 'sessionId' | 'reason' | 'actor', string | null>
>;

const types: Readonly<Record<string, string>> = {
  reused: 'Reuse, session ended',
  store_behind: 'Store behind',
  revoked: 'Revoked',
  key_sets_compromised: 'Keys compromised',
};
const storageKey = 'refract-admin-token';
const intervalMs = 10_000;
const maxEvents = 12;
const refused = new Error('the token is refused');

/** @param adminPath the base path of the admin contract */
export function showEvents(adminPath: string, rayOf: (contract: string) => number): void {
  const form = find('.token');
  const field = find<HTMLInputElement>('#admin-token');
  const forget = find('.forget');
  const words = find('.events-words');
  const list = find('.event-list');
  let timer: ReturnType<typeof setTimeout> | undefined;

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    // A pasted token often ends with a line break.
    sessionStorage.setItem(storageKey, field.value.trim());
    field.value = '';
    poll();
  });
  forget.addEventListener('click', () => {
    close('The token is forgotten.');
    field.focus();
  });
  document.addEventListener('visibilitychange', poll);
  poll();

  function poll(): void {
    clearTimeout(timer);
    const token = sessionStorage.getItem(storageKey);
    if (token === null || document.hidden) return;
    readEvents(adminPath, token).then(
      (events) => {
        // The operator may have forgotten the token in the meantime.
        if (sessionStorage.getItem(storageKey) !== token) return;
        show(events);
        timer = setTimeout(poll, intervalMs);
      },
      (reason: unknown) => {
        if (reason === refused) {
          close('This is not an admin token of this server.');
          return;
        }
        setText(words, 'The events cannot be read now. The page retries every ten seconds.');
        timer = setTimeout(poll, intervalMs);
      },
    );
  }

  function show(events: readonly AuditEvent[]): void {
    form.hidden = true;
    forget.hidden = false;
    list.hidden = events.length === 0;
    setText(words, events.length === 0 ? 'No reuse, no revocation, and the store was never behind.' : '');
    list.replaceChildren(...events.map(row));
  }

  function row({ at, type, contract, subjectId, sessionId, reason, actor }: AuditEvent): HTMLElement {
    const item = element('li', `event event-${type}`);
    const date = new Date(at * 1000);
    const time = element('time', '', dayTime(date));
    time.setAttribute('datetime', date.toISOString());
    const about = [
      subjectId === null ? '' : `subject ${subjectId}`,
      sessionId === null ? '' : `session ${sessionId}`,
      reason ?? '',
      actor === null ? '' : `by ${actor}`,
    ];
    item.append(
      time,
      element('strong', '', types[type] ?? type),
      element('span', contract === null ? '' : `key ray-${rayOf(contract)}`, contract ?? 'all contracts'),
      element('span', 'quiet', about.filter((part) => part !== '').join(' · ')),
    );
    return item;
  }

  function close(message: string): void {
    clearTimeout(timer);
    sessionStorage.removeItem(storageKey);
    list.replaceChildren();
    list.hidden = true;
    forget.hidden = true;
    form.hidden = false;
    setText(words, message);
  }
}

/** Reads the latest events of all types. @throws `refused` for a token that is not an admin token */
async function readEvents(adminPath: string, token: string): Promise<readonly AuditEvent[]> {
  const pages = Object.keys(types).map(async (type) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${adminPath}/audit?type=${type}&limit=${maxEvents}`, { headers, cache: 'no-store' });
    if (response.status === 401) throw refused;
    if (!response.ok) throw new Error(String(response.status));
    // The server validates its response against the document.
    return ((await response.json()) as { readonly events: readonly AuditEvent[] }).events;
  });
  const all = (await Promise.all(pages)).flat();
  return all.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).slice(0, maxEvents);
}

/** Formats a time, with its day if that is not today. */
function dayTime(date: Date): string {
  const time = clockTime(date);
  if (date.toDateString() === new Date().toDateString()) return time;
  return `${date.toLocaleDateString('en', { day: 'numeric', month: 'short' })}, ${time.slice(0, 5)}`;
}
