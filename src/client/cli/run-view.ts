import type { RunStatus, StageState, StageStatus } from '../../contracts/run-status.ts';
import type { SmokeReport } from '../../contracts/serving.ts';
import { parkedCommands } from '../parked-run.ts';
import { durationText, figureText, shortDigest, sizeText } from './figures.ts';
import { renderTable } from './text-table.ts';

const marks: Readonly<Record<StageState, string>> = {
  waiting: '·',
  running: '▶',
  done: '✓',
  reused: '↺',
  failed: '✗',
  skipped: '–',
};

const shownLogLines = 10;

/** The whole state of a run for people: head, stages, what is awaited, figures, failure, links. */
export function runLines(status: RunStatus, nowMs: number): readonly string[] {
  return [
    headLine(status),
    ...forkLines(status),
    '',
    ...renderTable(status.stages.map((stage) => stageRow(stage, nowMs))),
    ...attentionLines(status),
    ...approvalLines(status),
    ...evaluationLines(status),
    ...(status.smoke === null ? [] : ['', smokeLine(status.smoke)]),
    ...repairLines(status),
    ...failureLines(status),
    ...linkLines(status),
  ];
}

/** What has changed since the last look, a line each: for terminals that cannot redraw, and logs. */
export function changeLines(before: RunStatus | null, after: RunStatus): readonly string[] {
  const head = before?.phase === after.phase ? [] : [`${after.runId}: ${phaseText(after)}`];
  const stages = after.stages.filter((stage) => {
    const old = before?.stages.find((entry) => entry.stage === stage.stage);
    return stage.state !== (old?.state ?? 'waiting');
  });
  const decision = before?.approval === null || before === null ? approvalLines(after) : [];
  const repair = before?.attention === null || before === null ? attentionLines(after) : [];
  return [...head, ...stages.map(stageLine), ...[...repair, ...decision].filter((line) => line !== '')];
}

/** `train: step 40/120 · loss 3.1`: the running stage's note, where it has one. */
export function progressLine(status: RunStatus): string | null {
  const running = status.stages.find((stage) => stage.state === 'running');
  return running?.note === undefined ? null : `  ${running.stage}: ${running.note}`;
}

function headLine(status: RunStatus): string {
  const version = status.version === null ? '' : ` version ${status.version}`;
  const target = status.target === null ? '' : ` → ${status.target}`;
  return `${status.runId}  ${status.model}${version}${target}  ${phaseText(status)}`;
}

/** `cancelled in train`. */
function phaseText({ phase, stopped }: RunStatus): string {
  return stopped === null ? phase : `${phase} ${stopped}`;
}

function forkLines({ fork }: RunStatus): readonly string[] {
  return fork === null ? [] : [`forked from ${fork.run} at ${fork.from}`];
}

function stageRow(stage: StageStatus, nowMs: number): readonly string[] {
  const artifact =
    stage.artifact === undefined ? '' : `${shortDigest(stage.artifact.digest)} ${sizeText(stage.artifact.sizeBytes)}`;
  return [`${marks[stage.state]} ${stage.stage}`, stage.state, timeOf(stage, nowMs), artifact, stage.note ?? ''];
}

function stageLine(stage: StageStatus): string {
  const time = stage.durationMs === undefined ? '' : ` in ${durationText(stage.durationMs)}`;
  const note = stage.note === undefined ? '' : `: ${stage.note}`;
  return `${marks[stage.state]} ${stage.stage} ${stage.state}${time}${note}`;
}

function timeOf(stage: StageStatus, nowMs: number): string {
  if (stage.durationMs !== undefined) return durationText(stage.durationMs);
  if (stage.state !== 'running' || stage.startedAt === undefined) return '';
  return durationText(Math.max(0, nowMs - Date.parse(stage.startedAt)));
}

function attentionLines({ runId, attention }: RunStatus): readonly string[] {
  if (attention === null) return [];
  const { stage, failure, logTail, expiresAt } = attention;
  return [
    '',
    `needs attention until ${expiresAt}: ${stage} failed with ${failure.name}`,
    `  ${failure.message}`,
    ...(failure.advice === undefined ? [] : [`  ${failure.advice}`]),
    ...logTail
      .split('\n')
      .slice(-shownLogLines)
      .filter((line) => line !== '')
      .map((line) => `  | ${line}`),
    ...indent(parkedCommands(runId, attention)),
  ];
}

function repairLines({ repairs }: RunStatus): readonly string[] {
  if (repairs.length === 0) return [];
  const lines = repairs.map(({ stage, by, at, set, comment }) => {
    const change = Object.entries(set).map(([path, value]) => `${path} = ${JSON.stringify(value)}`);
    return [`  ${at} ${by}: ${stage} again`, ...change, ...(comment === undefined ? [] : [comment])].join(' · ');
  });
  return ['', 'repairs', ...lines];
}

function approvalLines({ runId, approval }: RunStatus): readonly string[] {
  if (approval === null) return [];
  const fourEyes = approval.fourEyes ? ` by somebody else than ${approval.requester}` : '';
  return [
    '',
    `waiting for a decision about ${approval.target}${fourEyes} until ${approval.expiresAt}`,
    `  engine ${approval.engineDigest}`,
    `  windlass approve ${runId} --comment "…"`,
    `  windlass reject ${runId} --comment "…"`,
  ];
}

function evaluationLines({ evaluation }: RunStatus): readonly string[] {
  if (evaluation === null) return [];
  const scores = [
    ['', 'perplexity', 'tasks passed', 'tokens/s'],
    ...(
      [
        ['this version', evaluation.candidate],
        ['live now', evaluation.incumbent],
        ['base', evaluation.base],
      ] as const
    ).flatMap(([name, row]) =>
      row === null
        ? []
        : [[name, figureText(row.perplexity), figureText(row.taskPassRate), figureText(row.tokensPerSecond)]],
    ),
  ];
  return [
    '',
    `evaluation: ${evaluation.verdict}`,
    ...evaluation.reasons.map((reason) => `  ${reason}`),
    ...indent(renderTable(scores)),
  ];
}

export function smokeLine(smoke: SmokeReport): string {
  const first = `first token p95 ${Math.round(smoke.timeToFirstTokenMs.p95)} ms`;
  const whole = `answer p95 ${Math.round(smoke.totalMs.p95)} ms`;
  return `smoke test: ${smoke.requests} requests, ${smoke.failedRequests} failed, ${first}, ${whole}`;
}

function failureLines({ failure }: RunStatus): readonly string[] {
  if (failure === null) return [];
  return ['', `${failure.name}: ${failure.message}`, ...(failure.advice === undefined ? [] : [`  ${failure.advice}`])];
}

function linkLines({ links }: RunStatus): readonly string[] {
  const rows = Object.entries(links).map(([name, url]) => [name, url]);
  return rows.length === 0 ? [] : ['', ...renderTable(rows)];
}

function indent(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
