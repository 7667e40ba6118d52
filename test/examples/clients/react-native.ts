// React Native, and wherever there are neither Web Locks nor BroadcastChannel: a storage of three functions is enough.
//
// import AsyncStorage from '@react-native-async-storage/async-storage';
// const session = openSession(AsyncStorage, 'https://tokens.example', 'https://api.example');
import { cloudreve } from 'refract/client/cloudreve';
import { createSession, type Session, type SessionStorage } from 'refract/session';

/** The session that was stored when the app ran last; `signIn` begins one. */
export function openSession(storage: SessionStorage, origin: string, api: string): Session {
  return createSession({ contract: cloudreve, origin, storage, sendTo: [api] });
}
