import path from 'node:path';

/** Something a person has to do: the message is all they see. */
export class BootstrapError extends Error {
  /** @override */
  name = 'BootstrapError';
}

/**
 * Everything the set-up reads or writes in a clone.
 * @param {string} root
 */
export function bootstrapPaths(root) {
  const at = (/** @type {string[]} */ ...parts) => path.join(root, ...parts);
  return {
    root,
    lock: at('.bootstrap', 'lock'),
    logs: at('.bootstrap'),
    packageLock: at('package-lock.json'),
    nodeModules: at('node_modules'),
    nodeStamp: at('node_modules', '.windlass-stamp'),
    node: at('node_modules', '.bin', 'node'),
    nodeBin: at('node_modules', '.bin'),
    venv: at('.venv'),
    venvBin: at('.venv', 'bin'),
    venvStamp: at('.venv', '.windlass-stamp'),
    venvUnfinished: at('.bootstrap', 'venv-unfinished'),
    requirements: at('jobs', 'requirements.lock'),
    uvRequirements: at('jobs', 'uv.lock.txt'),
    uvVenv: at('.venv-uv'),
    uv: at('.venv-uv', 'bin', 'uv'),
    uvStamp: at('.venv-uv', '.windlass-stamp'),
    dist: at('dist'),
    distStamp: at('dist', '.windlass-stamp'),
    buildInputs: [
      at('src'),
      at('package.json'),
      at('package-lock.json'),
      at('tsconfig.json'),
      at('tsconfig.build.json'),
      at('scripts', 'build-workflow-bundle.ts'),
    ],
  };
}

/** @typedef {ReturnType<typeof bootstrapPaths>} BootstrapPaths */
