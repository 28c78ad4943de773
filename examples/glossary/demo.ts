import { join } from 'node:path';

import type { RunInput, RunStatus } from 'windlass';
import { WindlassClient } from 'windlass';

import { baseModel, corpusFolder, fineTuning, model, question, target } from './fine-tuning.ts';
import type { Approver } from './follow.ts';
import { followRun, say } from './follow.ts';
import type { Load, LoadFigures } from './load.ts';
import { createLoad, figuresBetween } from './load.ts';
import { makeCorpus } from './make-corpus.ts';
import { loadTable, releaseTable, stageTable } from './tables.ts';
import type { Endpoints } from './windlass-command.ts';
import { repository, stackEndpoints, windlass } from './windlass-command.ts';

/*
 * The story of Windlass in four runs of one model on one machine; every server, model and request in it is real.
 *   npm run demo            waits for you to approve
 *   npm run demo -- --yes   approves by itself
 */

const startedMs = performance.now();

interface Story {
  readonly client: WindlassClient;
  readonly endpoints: Endpoints;
  readonly approver: Approver | undefined;
  readonly chapters: { readonly title: string; readonly status: RunStatus }[];
  readonly loadPhases: { readonly title: string; readonly figures: LoadFigures }[];
}

async function tellStory(approver: Approver | undefined): Promise<void> {
  const corpus = makeCorpus(join(repository, corpusFolder));
  say(`corpus: ${corpus.rows} definitions from WordNet and ${corpus.noise} rows that must be rejected`);
  const up = await windlass(['up']);
  if (up.exitCode !== 0) throw new Error('the stack did not come up; see above');
  const client = await WindlassClient.connect({ home: process.env['WINDLASS_HOME'] ?? join(repository, '.windlass') });
  const story: Story = { client, endpoints: stackEndpoints(), approver, chapters: [], loadPhases: [] };
  try {
    await importBaseModel(story);
    await baseRun(story);
    const load = createLoad(loadAddress(story), model);
    await fineTunedRun(story, load);
    await misconfiguredRun(story, load);
    const rollbackMs = await rollBack(story, load);
    await load.stop();
    await close(story, load, rollbackMs);
  } finally {
    await client.close();
  }
}

function loadAddress({ endpoints }: Story): string {
  const address = endpoints.targets[target]?.grpcAddress;
  if (address === undefined) throw new Error(`the stack has no target ${target}`);
  return address;
}

async function importBaseModel({ client }: Story): Promise<void> {
  chapter('The base model: SmolLM2-135M-Instruct, out of an installed package, becomes an artifact');
  const artifact = await client.importModel(baseModel);
  say(`    ${artifact.digest}`);
}

async function baseRun(story: Story): Promise<void> {
  chapter('Run 1: the base model as it is goes into production');
  await runToEnd(story, { title: 'run 1: base', input: { model, preset: 'base' }, ends: 'released' });
  say(`    first model live after ${elapsed()}`);
  await askLive();
}

async function fineTunedRun(story: Story, load: Load): Promise<void> {
  chapter('Run 2: fine-tuned on the definitions, switched in place under load');
  const moments = await runToEnd(story, { title: 'run 2: fine-tuned', input: fineTuning, load, ends: 'released' });
  await settle();
  keepPhases(story, load, { title: 'run 2', ...moments });
  await askLive();
}

/** Two tokens an answer: nothing in data, training or engine shows that, only a smoke test does. */
async function misconfiguredRun(story: Story, load: Load): Promise<void> {
  chapter('Run 3: the same model, misconfigured for serving on purpose: the smoke test must stop it');
  const input = { ...fineTuning, deploy: { serving: { maxNewTokens: 2 } } };
  const moments = await runToEnd(story, { title: 'run 3: misconfigured', input, load, ends: 'failed' });
  await settle();
  keepPhases(story, load, { title: 'run 3', ...moments });
  await askLive();
}

async function rollBack(story: Story, load: Load): Promise<number> {
  chapter('An operator rolls back');
  const deployStartMs = load.elapsedMs();
  const beganMs = performance.now();
  await story.client.rollback({ target, model, requester: 'operator' });
  const rollbackMs = Math.round(performance.now() - beganMs);
  const deployEndMs = load.elapsedMs();
  say(`    the release before is live again after ${rollbackMs} ms`);
  await settle();
  keepPhases(story, load, { title: 'rollback', startMs: deployStartMs - settleMs, deployStartMs, deployEndMs });
  await askLive();
  return rollbackMs;
}

async function close(story: Story, load: Load, rollbackMs: number): Promise<void> {
  const { client, endpoints, chapters, loadPhases } = story;
  const errors = load.samples.filter(({ error }) => error !== null);
  chapter('What happened');
  say(`${stageTable(chapters)}\n`);
  say(`${releaseTable(await client.releases(target, model))}\n`);
  say(`${loadTable(loadPhases)}\n`);
  say(
    `requests sent ${load.samples.length}, failed ${errors.length} · rollback ${rollbackMs} ms · the whole story ${elapsed()}\n`,
  );
  say(`Temporal UI   ${endpoints.temporalUiUrl}/namespaces/default/workflows`);
  say(`MLflow        ${endpoints.mlflowUrl}`);
  for (const { title, status } of chapters) say(`${title.padEnd(22)}${status.runId}`);
  say(`\nThe stack stays up. Ask it: npx windlass ask --target ${target} --model ${model} 'Define the noun "river".'`);
  say(`End it: npx windlass down`);
  if (errors.length > 0) throw new Error(`${errors.length} requests failed, the first with: ${errors[0]?.error ?? ''}`);
}

interface DeployMoments {
  readonly startMs: number;
  readonly deployStartMs: number;
  readonly deployEndMs: number;
}

interface RunOrder {
  readonly title: string;
  readonly input: RunInput;
  /** Starts when the run is evaluated: two cores train twice as fast without it. */
  readonly load?: Load;
  /** How the run must end. */
  readonly ends: RunStatus['phase'];
}

async function runToEnd(story: Story, { title, input, load, ends }: RunOrder): Promise<DeployMoments> {
  const { client, endpoints, approver, chapters } = story;
  const now = (): number => load?.elapsedMs() ?? 0;
  const startMs = now();
  let deployStartMs = startMs;
  const { runId } = await client.start(input);
  say(`    ${JSON.stringify(input)}`);
  say(`    ${endpoints.temporalUiUrl}/namespaces/default/workflows/${runId}`);
  const status = await followRun(client, runId, {
    ...(approver === undefined ? {} : { approver }),
    temporalUiUrl: endpoints.temporalUiUrl,
    onStage: (stage, state) => {
      if (stage === 'evaluate') load?.start();
      if (stage === 'deploy' && state === 'running') deployStartMs = now();
    },
  });
  chapters.push({ title, status });
  const failure = status.failure === null ? '' : `: ${status.failure.name}: ${status.failure.message}`;
  say(`    ${status.phase}${failure}`);
  if (status.phase !== ends) throw new Error(`${title} ended as ${status.phase} where ${ends} was due${failure}`);
  return { startMs, deployStartMs, deployEndMs: now() };
}

const settleMs = 10_000;

/** Lets the load go on for a while, so that there is an "after". */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, settleMs));
}

function keepPhases(story: Story, load: Load, moments: DeployMoments & { readonly title: string }): void {
  const { title, startMs, deployStartMs, deployEndMs } = moments;
  story.loadPhases.push(
    { title: `${title}: before`, figures: figuresBetween(load.samples, startMs, deployStartMs) },
    { title: `${title}: during`, figures: figuresBetween(load.samples, deployStartMs, deployEndMs) },
    { title: `${title}: after`, figures: figuresBetween(load.samples, deployEndMs, load.elapsedMs()) },
  );
}

async function askLive(): Promise<void> {
  say(`    > ${question}`);
  await windlass(['ask', '--target', target, '--model', model, question]);
}

function chapter(title: string): void {
  say(`\n■ ${title}  (${elapsed()})`);
}

function elapsed(): string {
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

await tellStory(process.argv.includes('--yes') ? { name: 'demo', why: '--yes' } : undefined);
