// The session page: opens a session as an application does, with a button for each thing that can happen to it.
// `npm run generate` bundles it once for each contract that has a client with a session.
import type { SessionContract } from '../../client/contract.ts';
import { createSession, SignedOut, type Tokens } from '../../client/session.ts';
import type { DemoCall } from '../model.ts';
import { find } from './dom.ts';
import { createView, duration, generationOf, parseStored } from './session-view.ts';

export function openPage(contract: SessionContract): void {
  const demo = find('.demo');
  const { base: basePath = contract.basePath, demo: demoPath = '', policy = '' } = demo.dataset;
  const { add, show, onPress } = createView(demo);
  const { origin } = location;
  const name = `demo:${contract.name}`;
  // The session stores its tokens under this key; the others belong to this page.
  const key = `refract:${name}`;
  const stolenKey = `${key}:stolen`;
  const cutKey = `${key}:cut`;
  const isCut = (): boolean => localStorage.getItem(cutKey) !== null;
  const stored = () => parseStored(localStorage.getItem(key));
  const generation = (): string => stored()?.generation ?? '–';
  const draw = (): void => show(stored(), isCut());

  /** Fetches unless the server is cut off, and adds every request to the timeline. */
  const tracedFetch: typeof fetch = async (input, init) => {
    const about = `with the refresh token of generation ${generation()}`;
    if (isCut()) {
      add('wait', 'This tab sent a request, and the network failed', about);
      throw new TypeError('the server is cut off');
    }
    const response = await fetch(input, init);
    add('plain', `This tab sent a request; status ${response.status}`, about);
    return response;
  };
  const session = createSession({ contract, origin, basePath, name, storage: localStorage, fetch: tracedFetch });
  const refresh = async (): Promise<string> => session.accessTokenAfter(await session.accessToken());

  session.on('refreshed', ({ by }) => {
    const tokens = `generation ${generation()}, access token ${stored()?.accessJti ?? '–'}`;
    add('good', by === 'this' ? 'New tokens, for all tabs' : 'New tokens, fetched by another tab', tokens);
    draw();
  });
  session.on('signed-out', ({ reason }) => {
    const words = {
      refused: ['bad', 'Signed out: the server has ended the session', 'the terminal refusal of the contract'],
      requested: ['plain', 'Signed out', 'requested in this tab'],
      elsewhere: ['bad', 'Signed out, together with another tab', 'not requested in this tab'],
    } as const;
    const [kind, what, about] = words[reason];
    add(kind, what, about);
    draw();
  });
  session.on('unavailable', ({ status, retryIn }) => {
    const wait = retryIn < 1_000 ? 'a moment' : duration(retryIn);
    add('wait', `The session waits and retries in ${wait}`, status === undefined ? 'no response' : `status ${status}`);
  });

  onPress('sign-in', async () => {
    const tokens = await demoTokens();
    localStorage.setItem(stolenKey, tokens.refreshToken);
    await session.signIn(tokens);
    add('good', 'Signed in as the demo subject', `generation ${generation()}`);
    draw();
  });
  onPress('refresh', async () => {
    await refresh();
    draw();
  });
  onPress('expire', async () => {
    const entry: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    const expired = { refreshAt: Date.now() - 1, expiresAt: Date.now() - 1 };
    localStorage.setItem(key, JSON.stringify({ ...Object(entry), ...expired }));
    add('plain', 'The access token has expired, for all tabs');
    draw();
    await session.accessToken();
  });
  onPress('cut', async () => {
    if (isCut()) localStorage.removeItem(cutKey);
    else localStorage.setItem(cutKey, 'cut');
    onCutChange();
  });
  onPress('sign-out', () => session.signOut());
  onPress('replay', replay);

  addEventListener('storage', (event) => {
    if (event.key === cutKey) onCutChange();
    else draw();
  });
  setInterval(draw, 1_000);
  session.isSignedIn().then(draw, draw);

  function onCutChange(): void {
    add(isCut() ? 'wait' : 'good', isCut() ? 'The server is cut off' : 'The server is back', 'in all tabs');
    draw();
    // A browser reports a restored network this way: a waiting session retries at once.
    if (!isCut()) dispatchEvent(new Event('online'));
  }

  /** Replaces a sign-in: a session of the demo subject, refreshed once for its access token. */
  async function demoTokens(): Promise<Tokens & { readonly expiresIn?: number }> {
    const response = await fetch(demoPath, { cache: 'no-store' });
    if (!response.ok) throw new Error(`demo sessions are not available (status ${response.status})`);
    // `demoPage` in console.ts writes this response.
    const { token } = (await response.json()) as DemoCall;
    const refreshed = await present(token);
    if (refreshed.kind !== 'granted') throw new Error('the demo session cannot be refreshed');
    return { ...refreshed, refreshToken: refreshed.refreshToken ?? token };
  }

  async function present(token: string): Promise<ReturnType<SessionContract['read']>> {
    const { signal } = new AbortController();
    const { response, body } = await contract.send(token, { origin, basePath, fetch, signal });
    return contract.read(response.status, body);
  }

  /** A thief copied the refresh token at sign-in, and presents it now. */
  async function replay(): Promise<void> {
    const stolen = localStorage.getItem(stolenKey);
    if (stolen === null) throw new Error('no token was stolen from this session');
    if (isCut()) throw new Error('a thief cannot reach the server either');
    // Within the grace period a predecessor is repeated; only an older token is reuse.
    const age = Number(generation()) - Number(generationOf(stolen));
    for (let missing = 2 - age; policy === 'single-use' && missing > 0; missing -= 1) await refresh();
    const outcome = await present(stolen);
    const about = `the copy of generation ${generationOf(stolen)}`;
    if (outcome.kind !== 'refused') {
      add(
        'bad',
        'A thief used a stolen token and received tokens',
        `${about}: the server cannot detect ${policy} copies`,
      );
      return;
    }
    add('bad', 'A thief used a stolen token and was refused', `${about}: the server ends the session`);
    await refresh().catch((reason: unknown) => {
      if (!(reason instanceof SignedOut)) throw reason;
    });
  }
}
