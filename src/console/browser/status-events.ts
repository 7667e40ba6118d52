// The latest events on the status page, in the browser: read from the admin contract with the operator's own token.
//
// One function that needs nothing from outside, for its text is what the browser gets (see assets.ts).

/** As the admin contract writes it (openapi/admin.yaml). */
interface AuditEvent {
  readonly id: string;
  readonly at: number;
  readonly type: string;
  readonly contract: string | null;
  readonly subjectId: string | null;
  readonly sessionId: string | null;
  readonly reason: string | null;
  readonly actor: string | null;
}

/** @param adminPath where the admin contract is mounted */
export function events(adminPath: string, rayOf: (contract: string) => number): void {
  const form = document.querySelector<HTMLFormElement>('.token');
  const input = document.querySelector<HTMLInputElement>('#admin-token');
  const forget = document.querySelector<HTMLElement>('.forget');
  const words = document.querySelector<HTMLElement>('.events-words');
  const list = document.querySelector<HTMLElement>('.event-list');
  if (form === null || input === null || forget === null || words === null || list === null) return;
  const place = { form, input, forget, words, list };

  const types: Readonly<Record<string, string>> = {
    reused: 'Reuse, session ended',
    store_behind: 'Store behind',
    revoked: 'Revoked',
    key_sets_compromised: 'Keys compromised',
  };
  const kept = 'refract-admin-token';
  const interval = 10_000;
  const most = 12;
  const refused = new Error('the token is refused');
  let timer: ReturnType<typeof setTimeout> | undefined;

  place.form.addEventListener('submit', (event) => {
    event.preventDefault();
    // What is pasted often brings the end of its line along.
    sessionStorage.setItem(kept, place.input.value.trim());
    place.input.value = '';
    look();
  });
  place.forget.addEventListener('click', () => {
    close('The token is forgotten.');
    place.input.focus();
  });
  document.addEventListener('visibilitychange', look);
  look();

  function look(): void {
    clearTimeout(timer);
    const token = sessionStorage.getItem(kept);
    if (token === null || document.hidden) return;
    read(token).then(
      (read) => {
        // Forgotten while they were on their way.
        if (sessionStorage.getItem(kept) !== token) return;
        show(read);
        timer = setTimeout(look, interval);
      },
      (reason: unknown) => {
        if (reason === refused) {
          close('This token is not an admin token of this server.');
          return;
        }
        say('The events cannot be read now; they are asked for again in ten seconds.');
        timer = setTimeout(look, interval);
      },
    );
  }

  async function read(token: string): Promise<readonly AuditEvent[]> {
    const pages = Object.keys(types).map(async (type) => {
      const address = `${adminPath}/audit?type=${type}&limit=${String(most)}`;
      const answer = await fetch(address, { headers: { authorization: `Bearer ${token}` }, cache: 'no-store' });
      if (answer.status === 401) throw refused;
      if (!answer.ok) throw new Error(String(answer.status));
      // The server has held its answer against the document.
      return ((await answer.json()) as { readonly events: readonly AuditEvent[] }).events;
    });
    const all = (await Promise.all(pages)).flat();
    return all.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).slice(0, most);
  }

  function show(read: readonly AuditEvent[]): void {
    place.form.hidden = true;
    place.forget.hidden = false;
    place.list.hidden = read.length === 0;
    say(read.length === 0 ? 'No reuse, no revocation, and the store was never behind.' : '');
    place.list.replaceChildren(...read.map(row));
  }

  function row(event: AuditEvent): HTMLElement {
    const item = element('li', `event event-${event.type}`);
    const time = document.createElement('time');
    const date = new Date(event.at * 1000);
    time.dateTime = date.toISOString();
    time.textContent = spoken(date);
    const about = [
      event.subjectId === null ? '' : `subject ${event.subjectId}`,
      event.sessionId === null ? '' : `session ${event.sessionId}`,
      event.reason ?? '',
      event.actor === null ? '' : `by ${event.actor}`,
    ];
    item.append(
      time,
      element('strong', 'event-type', types[event.type] ?? event.type),
      element(
        'span',
        event.contract === null ? 'event-contract' : `event-contract key up-key-${String(rayOf(event.contract))}`,
        event.contract ?? 'all contracts',
      ),
      element('span', 'event-about', about.filter((part) => part !== '').join(' · ')),
    );
    return item;
  }

  /** A day of its own only where it is not this one. */
  function spoken(date: Date): string {
    const time = date.toTimeString().slice(0, 8);
    if (date.toDateString() === new Date().toDateString()) return time;
    return `${date.toLocaleDateString('en', { day: 'numeric', month: 'short' })}, ${time.slice(0, 5)}`;
  }

  function close(sentence: string): void {
    clearTimeout(timer);
    sessionStorage.removeItem(kept);
    place.list.replaceChildren();
    place.list.hidden = true;
    place.forget.hidden = true;
    place.form.hidden = false;
    say(sentence);
  }

  function say(sentence: string): void {
    // What is said again is not to be read out again.
    if (place.words.textContent !== sentence) place.words.textContent = sentence;
  }

  function element(name: string, className: string, text = ''): HTMLElement {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  }
}
