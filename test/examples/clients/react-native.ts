// React Native, and other platforms without Web Locks and BroadcastChannel: a storage of three functions is enough.
//
// import AsyncStorage from '@react-native-async-storage/async-storage';
// const session = openSession(AsyncStorage, 'https://tokens.example', 'https://api.example');
import { cloudreve } from 'refract/client/cloudreve';
import { createSession, type Session, type SessionStorage } from 'refract/session';

/** Opens the session that an earlier run of the app stored; `signIn` starts a new one. */
export function openSession(storage: SessionStorage, origin: string, api: string): Session {
  return createSession({ contract: cloudreve, origin, storage, sendTo: [api] });
}
