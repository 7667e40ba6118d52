// What the scripts of the pages share: they find, make and fill elements, and read JSON from this server.

/** @throws Error where the page has no such element */
export function find<Found extends HTMLElement>(selector: string, within: ParentNode = document): Found {
  const found = within.querySelector<Found>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

export function element(name: string, className = '', text = ''): HTMLElement {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

/** Rows of a `dl`. */
export function rowsOf(rows: readonly (readonly [term: string, fact: string])[]): readonly HTMLElement[] {
  return rows.map(([term, fact]) => {
    const row = document.createElement('div');
    row.append(element('dt', '', term), element('dd', '', fact));
    return row;
  });
}

/** Leaves an equal text alone, so that a screen reader does not repeat it. */
export function setText(place: HTMLElement, text: string): void {
  if (place.textContent !== text) place.textContent = text;
}

export function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

export function clockTime(date: Date): string {
  return date.toTimeString().slice(0, 8);
}

/** The claims of a JWT, unverified. @throws SyntaxError or DOMException for any other text */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const claims = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
  // The claims of a JWT are an object (RFC 7519 §3).
  return JSON.parse(atob(claims)) as Readonly<Record<string, unknown>>;
}
