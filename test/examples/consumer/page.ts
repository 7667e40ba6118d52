// A page of a consumer, as a bundler makes it one script.
import { createElement, type ReactElement } from 'react';
import { createRoot } from 'react-dom/client';
import { fib } from 'refract/client/fib';
import { createSession, type GivenTokens, type Session } from 'refract/session';
import { useSignedIn } from '../clients/react.ts';
import { refreshAll } from './calls.ts';

function Status({ session }: { readonly session: Session }): ReactElement {
  const isSignedIn = useSignedIn(session);
  return createElement('p', { id: 'status' }, isSignedIn === undefined ? 'looking' : isSignedIn ? 'signed in' : 'signed out');
}

function open(origin: string, tokens?: GivenTokens): Session {
  const session = createSession({ contract: fib, origin, storage: localStorage, ...(tokens && { tokens }) });
  createRoot(document.querySelector('main') ?? document.body).render(createElement(Status, { session }));
  return session;
}

// For whoever drives the page.
Object.assign(globalThis, { open, refreshAll });
