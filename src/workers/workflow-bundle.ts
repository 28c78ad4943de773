import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { BundleOptions, WorkerOptions, WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** Where `npm run build` puts the workflows; where sources run directly there is no such file. */
export const workflowBundlePath = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

/** What stands between the SDK and every workflow. */
const workflowModules = [moduleOf('query-guard')];

export type WorkflowSource = Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath' | 'interceptors'>;

export interface WorkflowVariant {
  /** Workflows write failures as payloads: the worker's failure converter is part of the bundle. */
  readonly isEncrypted: boolean;
  /** `servingTarget` upgrades by itself, whatever runs do. */
  readonly isVersioned: boolean;
}

/** The bundle that was built, for workers as most are; the others bundle at start, which takes a few seconds. */
export function workflowSource(variant: WorkflowVariant): WorkflowSource {
  const isBuilt = !variant.isEncrypted && !variant.isVersioned && existsSync(workflowBundlePath);
  return isBuilt
    ? { workflowBundle: { codePath: workflowBundlePath } }
    : { workflowsPath: workflowsEntry(variant), interceptors: { workflowModules } };
}

/** A bundle as workers have it. */
export async function bundleWorkflows(
  options: Pick<BundleOptions, 'workflowsPath' | 'failureConverterPath' | 'logger'>,
): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    logger: new DefaultLogger('WARN'),
    workflowInterceptorModules: workflowModules,
    ...options,
  });
}

/** The module that exports the workflows. */
export function workflowsEntry({ isVersioned }: Pick<WorkflowVariant, 'isVersioned'>): string {
  return moduleOf(isVersioned ? 'versioned' : 'index');
}

function moduleOf(name: string): string {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`../workflows/${name}.${ending}`, import.meta.url));
}
