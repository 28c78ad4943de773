import { delimiter } from 'node:path';
import { markOf, markVariable } from './process-marks.ts';
import type { ServerCommand } from './server-spec.ts';

/** Settings of the person's shell that would change what a server does or loads. */
const dropped =
  /^(PYTHON|LD_|MLFLOW_|TEMPORAL_|VIRTUAL_ENV$|NODE_OPTIONS$|VITEST|WINDLASS_(SERVER|PLATFORM|JOB|PROGRESS|WORK)$)/;

/** Only workers reach stores and hubs; what goes through Temporal is read by them and the codec server. */
const credentials = /^(AWS_|HF_TOKEN$|HUGGING_FACE_HUB_TOKEN$|WINDLASS_PAYLOAD_)/;

export interface ServerEnvironmentOptions {
  readonly homeDirectory: string;
  readonly server: string;
  readonly venvBin: string;
}

/** The clone's Python first on PATH (Triton's stub takes what it finds there), the mark of the stack, and the server's own settings. */
export function buildServerEnvironment(
  command: ServerCommand,
  inherited: Readonly<Record<string, string | undefined>>,
  options: ServerEnvironmentOptions,
): Record<string, string> {
  const kept = Object.entries(inherited).filter((entry): entry is [string, string] => {
    const isWithheld = command.credentials === undefined && credentials.test(entry[0]);
    return entry[1] !== undefined && !dropped.test(entry[0]) && !isWithheld;
  });
  return {
    ...Object.fromEntries(kept),
    PATH: [options.venvBin, inherited['PATH'] ?? '/usr/bin:/bin'].join(delimiter),
    PYTHONUNBUFFERED: '1',
    [markVariable]: markOf(options.homeDirectory, options.server),
    ...command.env,
  };
}
