/** Something that is up, and its way down. */
export interface Standing<T> {
  readonly it: T;
  /** Again: waits for the first. */
  down(): Promise<void>;
}

/** Takes down what was brought up, the youngest first, whoever asks for it and whatever is still coming up then. */
export interface Teardown {
  /** @throws Error once all is being taken down: nothing comes up any more */
  bringUp<T>(start: () => Promise<T>, takeDown: (it: T) => Promise<void>): Promise<Standing<T>>;
  /** Goes on after a failure, and returns the failures. */
  downAll(): Promise<readonly unknown[]>;
}

export function createTeardown(): Teardown {
  const ways: (() => Promise<void>)[] = [];
  let isEnding = false;
  return {
    bringUp: async (start, takeDown) => {
      if (isEnding) throw new Error('all is being taken down');
      const coming = start();
      const down = once(async () => coming.then(takeDown, () => undefined));
      ways.unshift(down);
      return { it: await coming, down };
    },
    downAll: async () => {
      isEnding = true;
      const failures: unknown[] = [];
      for (const down of ways) await down().catch((error: unknown) => failures.push(error));
      return failures;
    },
  };
}

function once(action: () => Promise<void>): () => Promise<void> {
  let doing: Promise<void> | null = null;
  return async () => (doing ??= action());
}
