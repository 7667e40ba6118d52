// A consumer's page, which a bundler turns into one script.
import { createElement, type ReactElement } from 'react';
import { createRoot } from 'react-dom/client';
import { fib } from 'refract/client/fib';
import { createSession, type GivenTokens, type Session } from 'refract/session';
import { useSignedIn } from '../clients/react.ts';

// Used by the test that drives the page.
export { refreshAll } from './calls.ts';

/** Shows whether the user is signed in: with these tokens, or with stored ones. */
export function open(origin: string, tokens?: GivenTokens): Session {
  const session = createSession({ contract: fib, origin, storage: localStorage, ...(tokens && { tokens }) });
  createRoot(document.querySelector('main') ?? document.body).render(createElement(Status, { session }));
  return session;
}

function Status({ session }: { readonly session: Session }): ReactElement {
  const isSignedIn = useSignedIn(session);
  const words = isSignedIn === undefined ? 'looking' : isSignedIn ? 'signed in' : 'signed out';
  return createElement('p', { id: 'status' }, words);
}
