import { WindlassError } from './windlass-error.ts';

const outageToleratedMs = 120_000;

/** Makes a call again while its server is away, for two minutes at most. */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
  const isWorthWaiting = createOutageClock();
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isWorthWaiting(error)) throw error;
      await pause(1_000);
    }
  }
}

/** Whether an error is one to wait out: the server has been gone for less than the tolerated time. */
function createOutageClock(): (error: unknown) => boolean {
  let lastErrorMs = 0;
  let outageSinceMs = 0;
  return (error) => {
    if (!(error instanceof WindlassError) || error.failure !== 'ServerUnreachable') return false;
    const nowMs = Date.now();
    if (nowMs - lastErrorMs > outageToleratedMs) outageSinceMs = nowMs;
    lastErrorMs = nowMs;
    return nowMs - outageSinceMs < outageToleratedMs;
  };
}

export async function pause(timeoutMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, timeoutMs));
}
