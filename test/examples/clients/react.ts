// React: whether somebody is signed in, in this tab or by another one.
import { useEffect, useState } from 'react';
import type { Session } from 'refract/session';

/** `undefined` until it is known. */
export function useSignedIn(session: Session): boolean | undefined {
  const [isSignedIn, setSignedIn] = useState<boolean>();
  useEffect(() => {
    let isShown = true;
    const look = async (): Promise<void> => {
      // It fails where the storage does.
      const isNow = await session.isSignedIn().catch(() => undefined);
      if (isShown) setSignedIn(isNow);
    };
    const stops = (['signed-in', 'signed-out'] as const).map((type) => session.on(type, () => void look()));
    void look();
    return () => {
      isShown = false;
      for (const stop of stops) stop();
    };
  }, [session]);
  return isSignedIn;
}
