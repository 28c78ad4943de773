/** Takes responses as they come, whether or not anybody still reads them: a stream that is not read would stall its server. */
export class ResponseQueue<Response> {
  readonly #waiting: Response[] = [];
  readonly #ended = new Signal();
  #arrival = new Signal();
  #failure: Error | null = null;
  #isFinished = false;
  #isIgnored = false;

  /** Settles when the stream has ended, well or badly. */
  get ended(): Promise<void> {
    return this.#ended.given;
  }

  push(response: Response): void {
    if (this.#isIgnored) return;
    this.#waiting.push(response);
    this.#wake();
  }

  /** What was pushed before is still given out. The stream itself may go on. */
  fail(failure: Error): void {
    this.#failure ??= failure;
    this.#wake();
  }

  finish(): void {
    this.#isFinished = true;
    this.#ended.give();
    this.#wake();
  }

  /** Drops what is there and what comes. */
  ignoreRest(): void {
    this.#isIgnored = true;
    this.#waiting.length = 0;
  }

  /** The next response; null at the end of the stream. @throws the failure, once all responses before it are read */
  async next(): Promise<Response | null> {
    for (;;) {
      const response = this.#waiting.shift();
      if (response !== undefined) return response;
      if (this.#failure !== null) throw this.#failure;
      if (this.#isFinished) return null;
      await this.#arrival.given;
    }
  }

  #wake(): void {
    this.#arrival.give();
    this.#arrival = new Signal();
  }
}

class Signal {
  give: () => void = () => undefined;
  readonly given = new Promise<void>((resolve) => {
    this.give = resolve;
  });
}
