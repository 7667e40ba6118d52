// Reads of a synchronous driver behind an asynchronous port.
import { translated } from './failures.ts';

/** A synchronous read as the port wants it: what it throws becomes a rejection. */
export function reading<Input extends unknown[], Output>(read: (...input: Input) => Output) {
  return (...input: Input): Promise<Output> => {
    try {
      return Promise.resolve(read(...input));
    } catch (reason) {
      return Promise.reject(translated(reason));
    }
  };
}
