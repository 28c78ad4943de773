import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where this clone's programs are; the same from src/ and from dist/. */
export interface Installation {
  readonly root: string;
  /** The clone's own Node: the machine's may be older. */
  readonly node: string;
  readonly python: string;
  readonly venvBin: string;
  readonly temporal: string;
  readonly mlflow: string;
  /** Folder of the app that MLflow serves: docs/decisions/0023-mlflow-imports-first.md */
  readonly mlflowApp: string;
  readonly jobsPackage: string;
  readonly stackMain: string;
  readonly codecServerMain: string;
  readonly bootstrap: string;
  readonly workerMain: (worker: string) => string;
}

export function findInstallation(): Installation {
  const thisFile = fileURLToPath(import.meta.url);
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const extension = extname(thisFile);
  const ownNode = join(root, 'node_modules', 'node', 'bin', 'node');
  const venvBin = join(root, '.venv', 'bin');
  return {
    root,
    node: existsSync(ownNode) ? ownNode : process.execPath,
    python: join(venvBin, 'python'),
    venvBin,
    temporal: join(venvBin, 'temporal'),
    mlflow: join(venvBin, 'mlflow'),
    mlflowApp: join(root, 'jobs', 'mlflow_app'),
    jobsPackage: join(root, 'jobs'),
    stackMain: fileURLToPath(new URL(`main${extension}`, import.meta.url)),
    codecServerMain: fileURLToPath(new URL(`codec-server-main${extension}`, import.meta.url)),
    bootstrap: join(root, 'scripts', 'bootstrap.mjs'),
    workerMain: (worker) => fileURLToPath(new URL(`../workers/${worker}${extension}`, import.meta.url)),
  };
}
