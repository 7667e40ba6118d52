// Lines of a file as they come in, whatever its size: no more than one line is ever held.

/** Bytes. A row with the longest token there may be has about a third of it. */
const longestLine = 16_384;

const lineFeed = 10;

/** A line that is not empty. */
export interface Line {
  /** As an editor counts them: the first is 1. */
  readonly number: number;
  /** `undefined` for a line that is too long. */
  readonly bytes: Uint8Array | undefined;
}

/** The lines of a stream of bytes; those without anything but white space are left out. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let number = 1;
  let held: Uint8Array[] = [];
  let size = 0;
  const finished = (): readonly Line[] => {
    const bytes = size > longestLine ? undefined : Buffer.concat(held);
    const isEmpty = bytes?.every((byte) => byte === 32 || byte === 13 || byte === 9) === true;
    const line = { number, bytes };
    number += 1;
    held = [];
    size = 0;
    return isEmpty ? [] : [line];
  };

  for await (const chunk of chunks) {
    let begin = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, begin)) {
      take(chunk.subarray(begin, end));
      yield* finished();
      begin = end + 1;
    }
    take(chunk.subarray(begin));
  }
  yield* finished();

  function take(bytes: Uint8Array): void {
    size += bytes.length;
    if (size > longestLine) held = [];
    else if (bytes.length > 0) held.push(bytes);
  }
}
