// What comes in one turn of the event loop, sent together.

export interface Turn<Item> {
  readonly push: (item: Item) => void;
  /** Sends at once what has come, if anything has. */
  readonly flush: () => void;
}

export function createTurn<Item>(send: (items: readonly Item[]) => void): Turn<Item> {
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
    },
    flush,
  };
}
