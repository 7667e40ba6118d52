// What `refract/session` is: a session that refreshes itself, and its place in an openapi-fetch client.
export { sessionMiddleware } from './middleware.ts';
export {
  createSession,
  memoryStorage,
  SessionUnavailable,
  SignedOut,
  type GivenTokens,
  type Session,
  type SessionContract,
  type SessionEvents,
  type SessionOptions,
  type SessionStorage,
  type Tokens,
} from './session.ts';
