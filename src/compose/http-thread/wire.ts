// What the main thread and an HTTP thread say to each other. What happened is told as one JSON text for a turn of the
// event loop, in its order; everything else is rare, and is copied as it is.
import type { MessagePort } from 'node:worker_threads';
import type { Config } from '../../config.ts';
import type { Issued } from '../../engine/engine.ts';
import type { EngineEvent } from '../../engine/ports.ts';
import type { Closing } from '../../http/listening.ts';
import type { HttpEvent } from '../../http/types.ts';
import type { PublishingSigner } from '../../signer/signer.ts';
import type { Carried } from '../engine-thread/wire.ts';
import type { ServedContract } from '../loading.ts';

/** The public keys of every contract. */
export type Published = Readonly<Record<string, ReturnType<PublishingSigner['jwks']>>>;

/** What the thread is given when it starts. */
export interface HttpThreadData {
  readonly config: Config;
  readonly contracts: readonly Omit<ServedContract, 'contract'>[];
  /** Where the one contract is mounted instead of its own base path. */
  readonly at: string | undefined;
  readonly isDemo: boolean;
  /** Where refreshes go, and what comes of them arrives. */
  readonly engine: MessagePort;
  readonly published: Published;
}

/** A failure that counts towards the limit of an address. */
export interface Failure {
  readonly kind: 'failure';
  readonly contract: string;
  readonly address: string | undefined;
}

/** To an HTTP thread. */
export type Asked =
  | { readonly kind: 'listen'; readonly id: number; readonly port: number; readonly host: string }
  /** The keys that it publishes from now on. */
  | { readonly kind: 'publish'; readonly id: number; readonly published: Published }
  /** The steps of closing the port. */
  | { readonly kind: keyof Closing; readonly id: number }
  | { readonly kind: 'issued'; readonly id: number; readonly issued: Issued | Thrown }
  | Failure;

interface Thrown {
  readonly kind: 'thrown';
  readonly reason: Carried;
}

/** To the main thread. A text is a list of `Happened`. */
export type Told =
  | string
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly id: number }
  | (Thrown & { readonly id: number | undefined })
  /** A demo session is wanted. */
  | { readonly kind: 'demo'; readonly id: number; readonly contract: string }
  | Failure;

export type Happened = readonly ['engine', EngineEvent] | readonly ['http', HttpEvent];
