import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

const read = (name: string): string => readFileSync(fileURLToPath(new URL(`../${name}`, import.meta.url)), 'utf8');

interface LockedPackage {
  readonly version: string;
}

interface PackageFile {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const lockText = read('package-lock.json');
const { packages } = JSON.parse(lockText) as { readonly packages: Readonly<Record<string, LockedPackage>> };
const declared = JSON.parse(read('package.json')) as PackageFile;
const pinned = { ...declared.dependencies, ...declared.devDependencies };

/** Where copies of a package lie: `node_modules/a`, `node_modules/b/node_modules/a`. */
function copiesOf(name: string): readonly string[] {
  return Object.keys(packages).filter((path) => path.endsWith(`node_modules/${name}`));
}

const temporalPackages = [
  ...new Set(Object.keys(packages).flatMap((path) => /node_modules\/(@temporalio\/[^/]+)$/u.exec(path)?.[1] ?? [])),
];

describe('npm packages', () => {
  test.each(Object.entries(pinned))('%s is pinned exactly, as the lock has it (%s)', (name, version) => {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/u);
    expect(packages[`node_modules/${name}`]?.version).toBe(version);
  });

  test.each(temporalPackages)('%s is there once, at the one version of the SDK', (name) => {
    expect(copiesOf(name)).toEqual([`node_modules/${name}`]);
    expect(packages[`node_modules/${name}`]?.version).toBe(pinned['@temporalio/workflow']);
  });

  test('protobufjs 8 is there once: JSON histories are read by the copy that wrote the SDK’s classes', () => {
    const eights = copiesOf('protobufjs').filter((path) => packages[path]?.version.startsWith('8.'));
    expect(eights).toEqual(['node_modules/protobufjs']);
  });

  test('are locked without the host they came from', () => {
    expect(lockText).not.toContain('"resolved"');
    expect(lockText).not.toMatch(/registry|artifactory/u);
  });
});

describe('Python packages', () => {
  const lock = read('jobs/requirements.lock');

  test('are locked without an index', () => {
    expect(lock).not.toMatch(/^\s*(?:-i|-f|--(?:extra-)?index-url|--find-links|--trusted-host)/mu);
    expect(lock).not.toContain('://');
  });

  test('are pinned exactly, each with its hashes', () => {
    const requirements = lock.split(/\n(?=\S)/u).filter((block) => /^[a-z0-9]/iu.test(block));
    expect(requirements.length).toBeGreaterThan(50);
    for (const requirement of requirements) {
      expect(requirement).toMatch(
        /^[A-Za-z0-9._-]+(?:\[[\w,-]+\])?==\S+[^\n]*\\\n(?:.*\n)*?\s+--hash=sha256:[0-9a-f]{64}/u,
      );
    }
  });
});
