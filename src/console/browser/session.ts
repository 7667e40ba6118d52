// The session page: a session as any application opens it, and everything that can happen to one at the press of a
// button. `npm run generate` bundles it once for each contract that has a client with a session.
import type { SessionContract } from '../../client/contract.ts';
import { createSession, SignedOut, type Tokens } from '../../client/session.ts';
import { find } from './dom.ts';
import { duration, generationOf, parseShown, viewOf } from './session-view.ts';

export function openPage(contract: SessionContract): void {
  const demo = find('.demo');
  const { base: basePath = contract.basePath, demo: demoPath = '', policy = '' } = demo.dataset;
  const { add, show, press } = viewOf(demo);
  const { origin } = location;
  const name = `demo:${contract.name}`;
  // Where the session stores its tokens, and beside it what this page alone needs.
  const key = `refract:${name}`;
  const stolenKey = `${key}:stolen`;
  const cutKey = `${key}:cut`;
  const isCut = (): boolean => localStorage.getItem(cutKey) !== null;
  const shown = () => parseShown(localStorage.getItem(key));
  const generation = (): string => shown()?.generation ?? '–';
  const draw = (): void => show(shown(), isCut());

  /** The page's own `fetch` until the server is cut off; every request is in the timeline. */
  const wire: typeof fetch = async (input, init) => {
    const about = `with the refresh token of generation ${generation()}`;
    if (isCut()) {
      add('wait', 'This tab asked, and nothing came through', about);
      throw new TypeError('the server is cut off');
    }
    const response = await fetch(input, init);
    add('plain', `This tab asked, and was answered ${response.status}`, about);
    return response;
  };
  const session = createSession({ contract, origin, basePath, name, storage: localStorage, fetch: wire });
  const refresh = async (): Promise<string> => session.accessTokenAfter(await session.accessToken());

  session.on('refreshed', ({ by }) => {
    const tokens = `generation ${generation()}, access token ${shown()?.access ?? '–'}`;
    add('good', by === 'this' ? 'New tokens, for all tabs' : 'New tokens, which another tab has fetched', tokens);
    draw();
  });
  session.on('signed-out', ({ reason }) => {
    const words = {
      refused: ['bad', 'Signed out: the server has ended the session', 'the terminal refusal of the contract'],
      requested: ['plain', 'Signed out', 'asked for in this tab'],
      elsewhere: ['bad', 'Signed out, together with another tab', 'nothing was asked for here'],
    } as const;
    const [kind, what, about] = words[reason];
    add(kind, what, about);
    draw();
  });
  session.on('unavailable', ({ status, retryIn }) => {
    const wait = retryIn < 1_000 ? 'a moment' : duration(retryIn);
    add(
      'wait',
      `The session waits, and asks again in ${wait}`,
      status === undefined ? 'no answer' : `status ${status}`,
    );
  });

  press('sign-in', async () => {
    const tokens = await demoTokens();
    localStorage.setItem(stolenKey, tokens.refreshToken);
    await session.signIn(tokens);
    add('good', 'Signed in as the demo subject', `generation ${generation()}`);
    draw();
  });
  press('refresh', async () => {
    await refresh();
    draw();
  });
  press('expire', async () => {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    const expired = { refreshAt: Date.now() - 1, expiresAt: Date.now() - 1 };
    localStorage.setItem(key, JSON.stringify({ ...Object(stored), ...expired }));
    add('plain', 'The access token is over, for all tabs');
    draw();
    await session.accessToken();
  });
  press('cut', async () => {
    if (isCut()) localStorage.removeItem(cutKey);
    else localStorage.setItem(cutKey, 'cut');
    cutChanged();
  });
  press('sign-out', () => session.signOut());
  press('replay', replay);

  addEventListener('storage', (event) => {
    if (event.key === cutKey) cutChanged();
    else draw();
  });
  setInterval(draw, 1_000);
  session.isSignedIn().then(draw, draw);

  function cutChanged(): void {
    add(isCut() ? 'wait' : 'good', isCut() ? 'The server is cut off' : 'The server is back', 'in all tabs');
    draw();
    // As a browser reports that there is a network again: a waiting session retries at once.
    if (!isCut()) dispatchEvent(new Event('online'));
  }

  /** What a sign-in would give: a session of the demo subject, refreshed once for its access token. */
  async function demoTokens(): Promise<Tokens & { readonly expiresIn?: number }> {
    const response = await fetch(demoPath, { cache: 'no-store' });
    if (!response.ok) throw new Error(`a demo session is not given here (${response.status})`);
    // As `demoPage` writes it.
    const { token } = (await response.json()) as { readonly token: string };
    const refreshed = await present(token);
    if (refreshed.kind !== 'granted') throw new Error('the demo session cannot be refreshed');
    return { ...refreshed, refreshToken: refreshed.refreshToken ?? token };
  }

  async function present(token: string): Promise<ReturnType<SessionContract['read']>> {
    const { signal } = new AbortController();
    const { response, body } = await contract.send(token, { origin, basePath, fetch, signal });
    return contract.read(response.status, body);
  }

  /** A thief copied the refresh token when this session was signed in, and presents it now. */
  async function replay(): Promise<void> {
    const stolen = localStorage.getItem(stolenKey);
    if (stolen === null) throw new Error('no token was stolen from this session');
    if (isCut()) throw new Error('a thief cannot reach the server either');
    // A predecessor gets its successor again within the grace period; an older one is reuse.
    const age = Number(generation()) - Number(generationOf(stolen));
    for (let missing = 2 - age; policy === 'single-use' && missing > 0; missing -= 1) await refresh();
    const answer = await present(stolen);
    const of = `the copy of generation ${generationOf(stolen)}`;
    if (answer.kind !== 'refused') {
      add('bad', 'A thief used a stolen token, and was given tokens', `${of}: ${policy} tokens cannot be told apart`);
      return;
    }
    add('bad', 'A thief used a stolen token, and was refused', `${of}: the server ends the session`);
    await refresh().catch((reason: unknown) => {
      if (!(reason instanceof SignedOut)) throw reason;
    });
  }
}
