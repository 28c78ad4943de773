import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeDesiredVersions } from '../../src/adapters/triton/desired-state.ts';
import type { StackState } from '../../src/contracts/stack-state.ts';
import { findMarked, markOf, markVariable } from '../../src/stack/process-marks.ts';
import type { StackHome } from '../../src/stack/stack-home.ts';
import { targetHome } from '../../src/stack/stack-home.ts';
import { readState } from '../../src/stack/state-file.ts';
import { listeningAddresses } from './listening-sockets.ts';
import { bringUp, makeHome, pidOf, removeHome, runStack } from './run-stack.ts';

const loopback = /^(0100007F|0000000000000000FFFF00000100007F|00000000000000000000000001000000):/;

async function createExperiment(state: StackState, name: string): Promise<Response> {
  return fetch(`${state.endpoints.mlflowUrl}/api/2.0/mlflow/experiments/create`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
}

describe('the embedded stack on its real servers', () => {
  let home: StackHome;
  let neighbour: StackHome;
  let state: StackState;
  let neighbourState: StackState;
  let job: ChildProcess | undefined;

  beforeAll(async () => {
    [home, neighbour] = [await makeHome(), await makeHome()];
    const oneTarget = join(neighbour.directory, 'windlass.yaml');
    writeFileSync(oneTarget, 'targets:\n  canary: {}\n');
    [state, neighbourState] = await Promise.all([bringUp(home), bringUp(neighbour, '--platform', oneTarget)]);
  });

  afterAll(async () => {
    await Promise.all([removeHome(home), removeHome(neighbour)]);
  });

  it('is up when every server is ready', () => {
    expect(state.phase).toBe('ready');
    expect(state.servers.map((server) => [server.name, server.phase])).toEqual(
      [
        'temporal',
        'mlflow',
        'triton-production',
        'triton-staging',
        'pipeline-worker',
        'jobs-worker',
        'serving-worker',
      ].map((name) => [name, 'ready']),
    );
  });

  it('runs the targets that the platform file names, beside another stack', () => {
    expect(Object.keys(neighbourState.endpoints.targets)).toEqual(['canary']);
    expect(neighbourState.endpoints.temporalAddress).not.toBe(state.endpoints.temporalAddress);
  });

  it('tells Prometheus the metrics of each worker', async () => {
    const urls = Object.values(state.endpoints.workers).map(({ metricsUrl }) => metricsUrl);
    const told = await Promise.all(urls.map(async (url) => (await fetch(url)).text()));
    expect(told.map((text) => /worker="(\w+)"/.exec(text)?.[1])).toEqual(['pipeline', 'jobs', 'serving']);
  });

  it('listens on loopback only', async () => {
    const marked = await findMarked(home.directory);
    const addresses = await listeningAddresses(marked.map((entry) => entry.pid));
    expect(addresses.length).toBeGreaterThanOrEqual(11);
    expect(addresses.filter((address) => !loopback.test(address))).toEqual([]);
  });

  it('loads models only for callers that know the secret, which only the owner can read', async () => {
    const index = `${state.endpoints.targets['production']?.httpUrl ?? ''}/v2/repository/index`;
    const { secretFile } = targetHome(home, 'production');
    const secret = readFileSync(secretFile, 'utf8').trim();
    expect((await fetch(index, { method: 'POST' })).ok).toBe(false);
    expect((await fetch(index, { method: 'POST', headers: { windlass: secret } })).ok).toBe(true);
  });

  it('is left as it is by a second up', async () => {
    const again = await runStack(['up', '--home', home.directory]);
    expect(again.stdout).toContain('was already up');
    expect(readState(home.stateFile)?.servers).toEqual(state.servers);
  });

  it('starts a killed server again at the same address, with its live models, and logs the restart', async () => {
    await serveEcho(home);
    process.kill(pidOf(state, 'triton-production'), 'SIGKILL');
    process.kill(pidOf(state, 'temporal'), 'SIGKILL');
    await expect
      .poll(() => restartsOf(home), { timeout: 60_000 })
      .toMatchObject({ temporal: 1, 'triton-production': 1 });
    const after = await bringUp(home);
    expect(after.endpoints).toEqual(state.endpoints);
    const echo = `${state.endpoints.targets['production']?.httpUrl ?? ''}/v2/models/echo/versions/1/ready`;
    expect((await fetch(echo)).ok).toBe(true);
    expect(readFileSync(home.supervisorLog, 'utf8')).toMatch(
      /"server":"temporal","end":"SIGKILL","restarts":1.*started again/,
    );
    expect(readState(neighbour.stateFile)?.servers).toEqual(neighbourState.servers);
  });

  it('is repaired by up after the supervisor was killed and left half a state file; a running job goes on', async () => {
    expect((await createExperiment(state, 'survives')).ok).toBe(true);
    const running = spawn('sleep', ['300'], { env: jobEnvironment(home), stdio: 'ignore' });
    job = running;
    process.kill(state.supervisor.pid, 'SIGKILL');
    truncateSync(home.stateFile, 40);
    await expect
      .poll(() => doctorFindings(home), { timeout: 10_000 })
      .toMatch(/leftovers +without a supervisor: .*temporal/);
    const repaired = await bringUp(home);
    expect(repaired.endpoints).toEqual(state.endpoints);
    expect((await findMarked(home.directory)).filter((entry) => entry.server === 'temporal')).toHaveLength(1);
    expect((await createExperiment(repaired, 'survives')).status).toBe(400);
    expect(running.exitCode ?? running.signalCode).toBeNull();
  });

  it('leaves no process after down, jobs included, and its data', async () => {
    const result = await runStack(['down', '--home', home.directory]);
    expect(result.stdout).toContain('The stack is down');
    expect(job?.signalCode).toBe('SIGTERM');
    expect(await findMarked(home.directory)).toEqual([]);
    expect([home.temporalDatabase, home.mlflow.database, home.portsFile].map((file) => existsSync(file))).toEqual([
      true,
      true,
      true,
    ]);
    expect((await runStack(['down', '--home', home.directory])).stdout).toContain('was not running');
    expect((await findMarked(neighbour.directory)).length).toBeGreaterThan(0);
  });
});

/** What a deployment leaves behind: the published version and the desired state that names it. */
async function serveEcho(home: StackHome): Promise<void> {
  const { repository, desired } = targetHome(home, 'production');
  cpSync(join(import.meta.dirname, '../fixtures/triton/echo'), join(repository, 'echo', '1'), { recursive: true });
  writeFileSync(join(repository, 'echo', '1', 'behaviour.json'), '{}');
  await writeDesiredVersions(desired, 'echo', [1]);
}

/** As a job inherits it from the worker that started it. */
function jobEnvironment(home: StackHome): Record<string, string> {
  return { PATH: '/usr/bin:/bin', [markVariable]: markOf(home.directory, 'jobs-worker'), WINDLASS_JOB: 'job.json' };
}

function restartsOf(home: StackHome): Readonly<Record<string, number>> {
  const servers = readState(home.stateFile)?.servers ?? [];
  return Object.fromEntries(servers.map((server) => [server.name, server.restarts]));
}

async function doctorFindings(home: StackHome): Promise<string> {
  return (await runStack(['doctor', '--home', home.directory])).stdout;
}
