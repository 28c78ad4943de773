import type { Attention } from '../contracts/repair.ts';

/** What to do about a parked run: the failure's advice, and the commands that end its waiting. */
export function parkedAdvice(runId: string, attention: Attention): string {
  const { failure, expiresAt } = attention;
  const lines = [
    `${failure.advice ?? ''} The run waits until ${expiresAt}.`.trim(),
    ...parkedCommands(runId, attention),
  ];
  return lines.join('\n    ');
}

export function parkedCommands(runId: string, { stage }: Attention): readonly string[] {
  return [
    `windlass logs ${runId} ${stage}`,
    `windlass retry ${runId} --stage ${stage} --set <path>=<value>`,
    `windlass fork ${runId} --from <stage> --set <path>=<value>`,
    `windlass cancel ${runId}`,
  ];
}
