import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { z } from 'zod';

/** The peer, as it is installed here. */
export interface Kubectl {
  readonly version: string;
  /** Starts the program and asks nothing of a cluster. */
  doNothing(): Promise<void>;
  /** `kubectl create -f`, in a process of its own; gives the UID. */
  create(file: string): Promise<string>;
}

export interface KubectlOptions {
  readonly program: string;
  readonly kubeconfig: string;
  readonly namespace: string;
  /** For what it keeps about the API between its calls, apart from the user's. */
  readonly folder: string;
}

const execute = promisify(execFile);
const versionArgv = ['version', '--client', '--output=json'];
const versionSchema = z.object({ clientVersion: z.object({ gitVersion: z.string() }) });

/** Null: it is not installed. */
export async function findKubectl({ program, kubeconfig, namespace, folder }: KubectlOptions): Promise<Kubectl | null> {
  const version = await versionOf(program);
  if (version === null) return null;
  const shared = [`--kubeconfig=${kubeconfig}`, `--namespace=${namespace}`, `--cache-dir=${folder}`];
  return {
    version,
    doNothing: async () => void (await execute(program, versionArgv)),
    create: async (file) => {
      const argv = [...shared, 'create', '-f', file, '--output=jsonpath={.metadata.uid}'];
      return (await execute(program, argv)).stdout.trim();
    },
  };
}

export async function writeManifest(
  folder: string,
  job: { readonly metadata: { readonly name: string } },
): Promise<string> {
  const file = path.join(folder, `${job.metadata.name}.json`);
  await writeFile(file, JSON.stringify(job));
  return file;
}

async function versionOf(program: string): Promise<string | null> {
  try {
    const { stdout } = await execute(program, versionArgv);
    return versionSchema.parse(JSON.parse(stdout)).clientVersion.gitVersion;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
