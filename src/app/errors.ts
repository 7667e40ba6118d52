// Which errors are answers: what a command or a start can meet, each with a sentence for whoever asked.
import { AdministrationError } from '../admin/administration.ts';
import { AdminTokenError } from '../admin/tokens.ts';
import { ConfigError } from '../config.ts';
import { PolicyError } from '../engine/policy.ts';
import { SubjectError } from '../admin/subject-details.ts';
import { Unavailable } from '../engine/unavailable.ts';
import { DocumentError } from '../http/documents.ts';
import { KeyError } from '../signer/key-error.ts';
import { StoreError } from '../store/store-error.ts';

/** Whether the administration could not do what it was asked. */
export function isRefused(reason: unknown): reason is AdministrationError {
  return reason instanceof AdministrationError;
}

/** Whether the store or the signer could not be used, so that what was asked last has changed nothing. */
export function isUnavailable(reason: unknown): reason is Error {
  return reason instanceof Unavailable;
}

/** Whether an error is one that the start can meet and whose message is a sentence for whoever started it. */
export function isForeseen(reason: unknown): reason is Error {
  return [
    ConfigError,
    DocumentError,
    PolicyError,
    SubjectError,
    StoreError,
    KeyError,
    AdminTokenError,
    AdministrationError,
  ].some((kind) => reason instanceof kind);
}
