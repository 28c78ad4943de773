import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { KubernetesJobProfile, KubernetesJobsPlatform } from '../../src/contracts/platform.ts';
import { testPlatform, testProfile } from '../adapters/kubernetes/kubernetes-platform.ts';
import { labImage } from './image.ts';
import { labAccount, labNamespace } from './namespace.ts';

const python = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));
const fixtures = fileURLToPath(new URL('../fixtures/jobs', import.meta.url));

/** Jobs out of an image without Python: they see this machine's, and the folder that they write to. */
export function clusterPlatform(kubeconfig: string, outputRoot: string): KubernetesJobsPlatform {
  return {
    ...testPlatform,
    kubeconfig,
    namespace: labNamespace,
    graceSeconds: 3,
    defaults: jobProfile({ packageDirectory: fixtures, readable: [], writable: [outputRoot] }),
  };
}

interface MountedFolders {
  /** Of the package `windlass_jobs`. */
  readonly packageDirectory: string;
  readonly readable: readonly string[];
  readonly writable: readonly string[];
}

export function jobProfile({ packageDirectory, readable, writable }: MountedFolders): KubernetesJobProfile {
  const read = [...pythonFolders(), packageDirectory, ...readable].map((folder) => ({ folder, readOnly: true }));
  const written = writable.map((folder) => ({ folder, readOnly: false }));
  const all = [...read, ...written].map((mount, index) => ({ ...mount, name: `m${index}` }));
  return {
    ...testProfile,
    image: labImage,
    imagePullPolicy: 'Never',
    python,
    serviceAccount: labAccount,
    cpu: '50m',
    memory: '128Mi',
    gpus: 1,
    sharedMemory: '16Mi',
    scratch: '64Mi',
    environment: { PYTHONPATH: packageDirectory },
    environmentSecrets: [],
    pod: {
      volumes: all.map(({ name, folder }) => ({ name, hostPath: { path: folder } })),
      volumeMounts: all.map(({ name, folder, readOnly }) => ({ name, mountPath: folder, readOnly })),
    },
  };
}

/** What the interpreter is made of, and the libraries that it is linked to. */
function pythonFolders(): readonly string[] {
  const code = 'import sys; print(sys.prefix, sys.base_prefix, sep="\\n")';
  const { stdout } = spawnSync(python, ['-c', code], { encoding: 'utf8' });
  return [...new Set([...stdout.trim().split('\n'), '/usr', '/lib', '/lib64'])];
}
