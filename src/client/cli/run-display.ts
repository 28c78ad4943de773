import type { RunStatus } from '../../contracts/run-status.ts';
import { changeLines, progressLine, runLines } from './run-view.ts';

/** Shows a run while it goes on. */
export interface RunDisplay {
  show(status: RunStatus): void;
}

/** What a display writes to; a TTY or anything else. */
export interface DisplayStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const progressIntervalMs = 5_000;

export function createRunDisplay(stream: DisplayStream): RunDisplay {
  return stream.isTTY === true ? createLiveDisplay(stream) : createPlainDisplay(stream);
}

/** One table that is drawn again in its place. */
function createLiveDisplay(stream: DisplayStream): RunDisplay {
  let drawnLines = 0;
  return {
    show(status) {
      const width = Math.max(20, stream.columns ?? 80) - 1;
      const lines = runLines(status, Date.now()).map((line) => Array.from(line).slice(0, width).join(''));
      const back = drawnLines === 0 ? '' : `\u001b[${drawnLines}A\u001b[0J`;
      stream.write(`${back}${lines.join('\n')}\n`);
      drawnLines = lines.length;
    },
  };
}

/** One line per change, and a line of progress now and then. */
function createPlainDisplay(stream: DisplayStream): RunDisplay {
  let shown: RunStatus | null = null;
  let lastProgress = '';
  let lastLineMs = 0;
  return {
    show(status) {
      const changes = changeLines(shown, status);
      const progress = progressLine(status);
      const isDue = progress !== null && progress !== lastProgress && Date.now() - lastLineMs >= progressIntervalMs;
      const lines = isDue ? [...changes, progress] : changes;
      if (isDue) lastProgress = progress;
      if (lines.length > 0) lastLineMs = Date.now();
      for (const line of lines) stream.write(`${line}\n`);
      shown = status;
    },
  };
}
