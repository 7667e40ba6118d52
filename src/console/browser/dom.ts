// Shared by the scripts of the pages: finds, creates and fills elements.

/** @throws Error when the page has no such element */
export function find<Found extends HTMLElement>(selector: string, within: ParentNode = document): Found {
  const found = within.querySelector<Found>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

export function element(name: string, className = '', text = ''): HTMLElement {
  const created = document.createElement(name);
  created.className = className;
  created.textContent = text;
  return created;
}

/** Returns the rows of a `dl`. */
export function definitionRows(rows: readonly (readonly [term: string, fact: string])[]): readonly HTMLElement[] {
  return rows.map(([term, fact]) => {
    const row = document.createElement('div');
    row.append(element('dt', '', term), element('dd', '', fact));
    return row;
  });
}

/** Does not touch an equal text, so that a screen reader does not repeat it. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

export function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

export function clockTime(date: Date): string {
  return date.toTimeString().slice(0, 8);
}

/** Returns the claims of a JWT without verifying it. @throws SyntaxError or DOMException for any other text */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const claims = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
  // The claims of a JWT are an object (RFC 7519 §3).
  return JSON.parse(atob(claims)) as Readonly<Record<string, unknown>>;
}
