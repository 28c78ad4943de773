/*
 * The workflow bundle's entry where workers carry a version. A server refuses the word on it from workers that do not, so index.ts has none.
 */
import { setWorkflowOptions } from '@temporalio/workflow';

import { servingTarget } from './serving-target.ts';

export * from './index.ts';

/** It never ends, so it cannot stay on the version it began on: each change of its code must replay its open history. */
setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, servingTarget);
