import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashInputs } from '../../scripts/bootstrap/stamps.mjs';
import { bootstrapPaths, type BootstrapPaths } from '../../scripts/bootstrap/paths.mjs';

const repository = join(import.meta.dirname, '../..');
const emptyLock = { name: 'clone', lockfileVersion: 3, packages: { '': {} } };

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

describe('the set-up of a clone', () => {
  let paths: BootstrapPaths;

  beforeEach(() => {
    paths = bootstrapPaths(realpathSync(mkdtempSync(join(tmpdir(), 'windlass-clone-'))));
    cpSync(join(repository, 'scripts/bootstrap.mjs'), join(paths.root, 'scripts/bootstrap.mjs'));
    cpSync(join(repository, 'scripts/bootstrap'), join(paths.root, 'scripts/bootstrap'), { recursive: true });
    makeInstalled();
  });

  afterEach(() => {
    rmSync(paths.root, { recursive: true });
  });

  /** A clone whose packages are all there and whose build counts how often it ran. */
  function makeInstalled(): void {
    const build = 'mkdir -p dist && echo built >> builds.txt';
    writeJson('package.json', { name: 'clone', scripts: { build } });
    writeJson('package-lock.json', emptyLock);
    mkdirSync(join(paths.root, 'jobs'));
    writeFileSync(paths.requirements, 'numpy==1.0\n');
    mkdirSync(paths.nodeBin, { recursive: true });
    writeJson('node_modules/.package-lock.json', { ...emptyLock, packages: {} });
    symlinkSync(process.execPath, paths.node);
    mkdirSync(paths.venvBin, { recursive: true });
    writeFileSync(paths.venvStamp, hashInputs([paths.requirements]));
  }

  function writeJson(name: string, value: unknown): void {
    writeFileSync(join(paths.root, name), JSON.stringify(value));
  }

  function bootstrap(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const child = spawn(process.execPath, [join(paths.root, 'scripts/bootstrap.mjs'), ...args], {
      env: { ...process.env, ...environment },
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    return new Promise((resolve) => {
      child.on('close', (status) => resolve({ status, output }));
    });
  }

  function builds(): number {
    return readFileSync(join(paths.root, 'builds.txt'), 'utf8').trim().split('\n').length;
  }

  it("runs the command with the clone's own Node and Python first on PATH, and passes its status on", async () => {
    const { status, output } = await bootstrap(['node', '-e', 'console.log(process.env.PATH); process.exit(7)']);
    expect(status).toBe(7);
    expect(output).toContain(`${paths.nodeBin}:${paths.venvBin}:`);
  });

  it('builds again when a source changed, and only then', async () => {
    await bootstrap([]);
    await bootstrap([]);
    expect(builds()).toBe(1);
    mkdirSync(join(paths.root, 'src'));
    writeFileSync(join(paths.root, 'src/main.ts'), 'export {};\n');
    await bootstrap([]);
    expect(builds()).toBe(2);
  });

  it('does a step that was cut short again', async () => {
    await bootstrap([]);
    rmSync(paths.distStamp);
    await bootstrap([]);
    expect(builds()).toBe(2);
  });

  it('stops with the end of the log where a step fails, and the command does not run', async () => {
    writeJson('package.json', { name: 'clone', scripts: { build: 'echo no compiler here; exit 3' } });
    const { status, output } = await bootstrap(['node', '-e', 'console.log("ran")']);
    expect(status).toBe(1);
    expect(output).toMatch(/npm run build failed \(exit 3\).*no compiler here/s);
    expect(output).not.toContain('\nran');
  });

  it('lets one set-up at a time into a clone', async () => {
    const ended = await Promise.all([bootstrap([]), bootstrap([]), bootstrap([])]);
    expect(ended.map((end) => end.status)).toEqual([0, 0, 0]);
    expect(builds()).toBe(1);
    expect(existsSync(paths.lock)).toBe(false);
  });

  it('takes over the lock of a set-up that died', async () => {
    mkdirSync(join(paths.root, '.bootstrap'));
    writeFileSync(paths.lock, JSON.stringify({ pid: process.pid, startTicks: 1 }));
    expect((await bootstrap([])).status).toBe(0);
  });

  it('says how to get a Python where there is none', async () => {
    rmSync(paths.venvStamp);
    const { status, output } = await bootstrap([], { WINDLASS_PYTHON: '/no/python' });
    expect(status).toBe(1);
    expect(output).toMatch(
      /no Python 3\.11 or 3\.12 found: install Python 3\.11 or 3\.12 with venv .* apt-get install python3\.11 /,
    );
  });

  it('says which interpreter lacks what', async () => {
    const bare = join(paths.root, 'python-without-library');
    const facts = { executable: bare, version: '3.11', hasVenv: false, libpythonDirectory: null };
    writeFileSync(bare, `#!/bin/sh\necho '${JSON.stringify(facts)}'\n`, { mode: 0o755 });
    rmSync(paths.venvStamp);
    const { output } = await bootstrap([], { WINDLASS_PYTHON: bare });
    expect(output).toContain(`${bare} lacks venv and libpython3.11.so.1.0: install`);
  });

  it('checks without changing anything', () => {
    rmSync(paths.venvStamp);
    const before = execFileSync('find', [paths.root], { encoding: 'utf8' });
    const main = join(paths.root, 'scripts/bootstrap.mjs');
    const checks = JSON.parse(execFileSync(process.execPath, [main, '--check'], { encoding: 'utf8' })) as {
      name: string;
      status: string;
    }[];
    expect(checks).toContainEqual(expect.objectContaining({ name: '.venv', status: 'install' }));
    expect(execFileSync('find', [paths.root], { encoding: 'utf8' })).toBe(before);
  });
});
