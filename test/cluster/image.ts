import { spawnSync } from 'node:child_process';
import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';

/** Serves as the sandbox of each pod, and as ground for jobs, which bring their Python by mounts. */
export const labImage = 'localhost/windlass-lab:latest';

/** Makes the image out of busybox alone, without a registry, and hands it to containerd. */
export async function importLabImage(directory: string): Promise<void> {
  const rootfs = path.join(directory, 'rootfs');
  const layout = path.join(directory, 'image');
  await mkdir(path.join(rootfs, 'bin'), { recursive: true });
  await copyFile('/usr/bin/busybox', path.join(rootfs, 'bin', 'busybox'));
  run('umoci', 'init', '--layout', layout);
  run('umoci', 'new', '--image', `${layout}:latest`);
  run('umoci', 'insert', '--image', `${layout}:latest`, rootfs, '/');
  const entry = ['/bin/busybox', 'sleep', '2147483647'].flatMap((word) => ['--config.entrypoint', word]);
  run('umoci', 'config', '--image', `${layout}:latest`, ...entry);
  run('tar', '-C', layout, '-cf', `${layout}.tar`, '.');
  const base = labImage.replace(/:latest$/u, '');
  run(
    'ctr',
    '-a',
    `${directory}/containerd.sock`,
    '-n',
    'k8s.io',
    'images',
    'import',
    '--base-name',
    base,
    `${layout}.tar`,
  );
}

function run(command: string, ...argv: readonly string[]): void {
  const { status, stderr } = spawnSync(command, argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${argv.join(' ')} ended with ${String(status)}: ${stderr}`);
}
