import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const everyMs = 100;

/** Watches the process table for jobs of one directory: an eye that does not look at what the job runner writes. */
export interface JobWatch {
  mostAtOnce(): number;
  /** Job directories whose job was ever started. */
  started(): number;
  end(): void;
}

export function watchJobs(directory: string): JobWatch {
  let most = 0;
  const timer = setInterval(() => (most = Math.max(most, jobsOf(directory))), everyMs);
  return {
    mostAtOnce: () => most,
    started: () => claimsIn(directory),
    end: () => clearInterval(timer),
  };
}

/** Jobs themselves: a launcher is there before its job, for a moment after it, and twice while it forks. */
function jobsOf(directory: string): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/u.test(name));
  return pids.filter((pid) => isJob(pid, directory)).length;
}

/** `python -m windlass_jobs <stage>`, working in the scratch of one of the directory's jobs. */
function isJob(pid: string, directory: string): boolean {
  try {
    const [, flag, module] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return flag === '-m' && module === 'windlass_jobs' && readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
  } catch {
    return false;
  }
}

function claimsIn(directory: string): number {
  const jobs = readdirSync(directory).filter((name) => !name.startsWith('.'));
  return jobs.filter((name) => readdirSync(`${directory}/${name}`).includes('started.json')).length;
}
