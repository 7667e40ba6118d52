// React: whether the user is signed in, in this tab or in another one.
import { useEffect, useState } from 'react';
import type { Session } from 'refract/session';

/** Returns `undefined` until the session has read its storage. */
export function useSignedIn(session: Session): boolean | undefined {
  const [isSignedIn, setSignedIn] = useState<boolean>();
  useEffect(() => {
    let isMounted = true;
    const update = async (): Promise<void> => {
      // Fails when the storage fails.
      const isNow = await session.isSignedIn().catch(() => undefined);
      if (isMounted) setSignedIn(isNow);
    };
    const stops = (['signed-in', 'signed-out'] as const).map((type) => session.on(type, () => void update()));
    void update();
    return () => {
      isMounted = false;
      for (const stop of stops) stop();
    };
  }, [session]);
  return isSignedIn;
}
