import type { JobPaths } from './job-directory.ts';

/** A job sees these of its worker's environment and nothing else: what finds programs and certificates, and credentials of stores and hubs. */
const inherited =
  /^(PATH|HOME|LANG|LC_ALL|TZ|TMPDIR|(AWS|HF)_\w+|WINDLASS_(?!PAYLOAD_|METRICS_)\w+|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|(https?|no)_proxy)$/i;

const defaults = {
  HF_HUB_OFFLINE: '1',
  LANG: 'C.UTF-8',
};

const fixed = {
  PYTHONUNBUFFERED: '1',
  PYTHONSAFEPATH: '1',
  TOKENIZERS_PARALLELISM: 'false',
};

/** The environment of one job. `WINDLASS_JOB` also marks every process of the job, so that `remove` finds them all. */
export function buildJobEnvironment(
  paths: JobPaths,
  packageDirectory: string,
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const kept = Object.entries(environment).filter((entry): entry is [string, string] => {
    return entry[1] !== undefined && inherited.test(entry[0]);
  });
  return {
    ...defaults,
    ...Object.fromEntries(kept),
    ...fixed,
    PYTHONPATH: packageDirectory,
    WINDLASS_JOB: paths.document,
    WINDLASS_PROGRESS: paths.progress,
    WINDLASS_WORK: paths.work,
  };
}
