import { readdirSync, readFileSync } from 'node:fs';

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
  const timer = setInterval(() => (most = Math.max(most, launchersOf(directory))), everyMs);
  return {
    mostAtOnce: () => most,
    started: () => claimsIn(directory),
    end: () => clearInterval(timer),
  };
}

function launchersOf(directory: string): number {
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .map((pid) => commandOf(pid));
  return lines.filter((line) => line.includes('job_launcher.py') && line.includes(directory)).length;
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function claimsIn(directory: string): number {
  const jobs = readdirSync(directory).filter((name) => !name.startsWith('.'));
  return jobs.filter((name) => readdirSync(`${directory}/${name}`).includes('started.json')).length;
}
