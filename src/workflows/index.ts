/* The workflow bundle's entry: every workflow type by its name. */
export { collectGarbage } from './collect-garbage.ts';
export { convergeTarget } from './converge-target.ts';
export { deployModel } from './deploy-model.ts';
export { importModel } from './import-model.ts';
export { llmPipeline } from './llm-pipeline.ts';
export { reapJobs } from './reap-jobs.ts';
export { rollbackModel } from './rollback-model.ts';
export { servingTarget } from './serving-target.ts';
