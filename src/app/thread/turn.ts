// What comes in one turn of the event loop, sent together at its end, or ahead of it in pieces.

export interface Turn<Item> {
  readonly push: (item: Item) => void;
  /** Sends at once what has come, if anything has. */
  readonly flush: () => void;
}

/** @param isEnough whether so many go ahead at once, while more may come in the same turn */
export function createTurn<Item>(
  send: (items: readonly Item[]) => void,
  isEnough: (items: number) => boolean = () => false,
): Turn<Item> {
  let items: Item[] = [];
  const flush = (): void => {
    if (items.length === 0) return;
    const sent = items;
    items = [];
    send(sent);
  };
  return {
    push: (item) => {
      if (items.length === 0) setImmediate(flush);
      items.push(item);
      if (isEnough(items.length)) flush();
    },
    flush,
  };
}
