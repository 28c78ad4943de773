import type { RunStatus, StageStatus } from '../contracts/run-status.ts';
import type { Attention } from '../contracts/repair.ts';
import type { JobStageName } from '../contracts/stage.ts';
import type { EngineScores, EvaluationSummary } from '../contracts/evaluation.ts';

const marks = { waiting: '·', running: '▶', done: '✓', reused: '↺', failed: '✗', skipped: '–' } as const;

/** Bytes that the details may take, and how much of what people and jobs wrote goes into them; the query has it whole. */
const limits = { details: 4000, failure: 700, log: 700, advice: 250, note: 100, reason: 100, reasons: 4 } as const;

/** The run as Markdown for the Temporal UI (current details): what is awaited, stage table, evaluation, links. Under 4 KB. */
export function renderRunDetails(status: RunStatus): string {
  const parts = [headline(status), awaited(status), stageTable(status.stages), evaluation(status.evaluation)];
  const told = parts.filter((part) => part !== '').join('\n\n');
  const shownLinks = links(status, limits.details - sizeBytes(told));
  return shownLinks === '' ? told : `${told}\n\n${shownLinks}`;
}

function headline(status: RunStatus): string {
  const version = status.version === null ? '' : ` · version **${status.version}**`;
  const target = status.target === null ? '' : ` → **${status.target}**`;
  const failure =
    status.failure === null ? '' : `\n\n**${status.failure.name}**: ${cut(status.failure.message, limits.failure)}`;
  const fork = status.fork === null ? '' : ` · forked from \`${status.fork.run}\` at ${status.fork.from}`;
  return `**${status.model}**${target}${version} · ${phaseText(status)}${fork}${failure}`;
}

/** `cancelled in train`. */
function phaseText({ phase, stopped }: RunStatus): string {
  return stopped === null ? phase : `${phase} ${stopped}`;
}

/** The beginning of a text, at most this many bytes. */
function cut(text: string, limitBytes: number): string {
  if (sizeBytes(text) <= limitBytes) return text;
  let kept = '';
  let size = sizeBytes(' …');
  for (const character of text) {
    size += sizeBytes(character);
    if (size > limitBytes) break;
    kept += character;
  }
  return `${kept} …`;
}

/** In UTF-8. */
function sizeBytes(text: string): number {
  let size = 0;
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    size += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x1_0000 ? 3 : 4;
  }
  return size;
}

/** A text that stays on its line and in its cell of a table. */
function oneLine(text: string, limitBytes: number): string {
  return cut(text.replaceAll(/\s+/gu, ' ').replaceAll('|', '/'), limitBytes);
}

/** What a person has to do, with the exact JSON to paste. */
function awaited(status: RunStatus): string {
  return status.attention === null ? awaitedDecision(status) : awaitedRepair(status.runId, status.attention);
}

function awaitedRepair(runId: string, { stage, failure, logTail, expiresAt }: Attention): string {
  const repair = JSON.stringify({ stage, by: 'your name', set: {}, comment: '' });
  return [
    `### Needs attention: ${stage} failed`,
    `**${failure.name}**: ${cut(failure.message, limits.failure)}`,
    cut(failure.advice ?? '', limits.advice),
    logTail === '' ? '' : fenced(lastOf(logTail, limits.log)),
    `The run waits until ${expiresAt}, then it fails. Send the Update \`retry\` with this input to go on from ${stage}; \`set\` may change fields of ${stage} and of what comes after it, such as \`${changeExamples[stage]}\`:`,
    `\`\`\`json\n${repair}\n\`\`\``,
    `or run \`windlass retry ${runId} --stage ${stage} --set <path>=<value>\`. Log: \`windlass logs ${runId} ${stage}\`. To begin at an earlier stage: \`windlass fork ${runId} --from <stage>\`.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const changeExamples: Readonly<Record<JobStageName, string>> = {
  'prepare-data': '{"data.maxRows":1000}',
  train: '{"train.learningRate":0.0001}',
  convert: '{"build.quantization":"int8"}',
  'build-engine': '{"build.quantization":"int8"}',
  evaluate: '{"evaluate.maxItems":100}',
};

/** A log may hold fences of its own. */
function fenced(text: string): string {
  return `\`\`\`text\n${text.replaceAll('```', "'''")}\n\`\`\``;
}

/** Whole lines from the end of a text, at most this many bytes; a line that is longer is cut. */
function lastOf(text: string, limitBytes: number): string {
  let kept = '';
  for (const line of text.split('\n').toReversed()) {
    const longer = kept === '' ? cut(line, limitBytes) : `${line}\n${kept}`;
    if (sizeBytes(longer) > limitBytes) break;
    kept = longer;
  }
  return kept;
}

function awaitedDecision(status: RunStatus): string {
  if (status.approval === null) return '';
  const { engineDigest, target, expiresAt, fourEyes } = status.approval;
  const decision = JSON.stringify({ decision: 'approve', by: 'your name', comment: '', engineDigest });
  return [
    `### Waiting for a decision about ${target} until ${expiresAt}`,
    `Send the Update \`decide\` with this input (\`"decision": "reject"\` refuses)${fourEyes ? '; the requester may not decide' : ''}:`,
    `\`\`\`json\n${decision}\n\`\`\``,
    `or run \`windlass approve ${status.runId}\`.`,
  ].join('\n\n');
}

function stageTable(stages: readonly StageStatus[]): string {
  const rows = stages.map((stage) => {
    const artifact = stage.artifact === undefined ? '' : `\`${stage.artifact.digest.slice(0, 19)}\``;
    return `| ${marks[stage.state]} ${stage.stage} | ${stage.state} | ${duration(stage.durationMs)} | ${artifact} | ${oneLine(stage.note ?? '', limits.note)} |`;
  });
  return ['| stage | state | time | artifact | |', '|---|---|---|---|---|', ...rows].join('\n');
}

function duration(ms: number | undefined): string {
  if (ms === undefined) return '';
  return ms < 60_000
    ? `${(ms / 1000).toFixed(1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

function evaluation(summary: EvaluationSummary | null): string {
  if (summary === null) return '';
  const rows = [
    scoreRow('this version', summary.candidate),
    scoreRow('live now', summary.incumbent),
    scoreRow('base', summary.base),
  ];
  return [
    `### Evaluation: ${summary.verdict}`,
    reasonList(summary.reasons),
    ['| model | perplexity | tasks passed | tokens/s |', '|---|---|---|---|', ...rows.filter(Boolean)].join('\n'),
  ].join('\n\n');
}

function reasonList(reasons: readonly string[]): string {
  const lines = reasons.slice(0, limits.reasons).map((reason) => `- ${oneLine(reason, limits.reason)}`);
  const more = reasons.length - lines.length;
  return [...lines, ...(more > 0 ? [`- and ${more} more: see the report`] : [])].join('\n');
}

function scoreRow(name: string, scores: EngineScores | null): string {
  if (scores === null) return '';
  return `| ${name} | ${figure(scores.perplexity)} | ${figure(scores.taskPassRate)} | ${figure(scores.tokensPerSecond)} |`;
}

function figure(value: number | null): string {
  return value === null ? '–' : String(Math.round(value * 100) / 100);
}

/** As many links as there is room for. */
function links(status: RunStatus, roomBytes: number): string {
  let shown = '';
  for (const [name, url] of Object.entries(status.links)) {
    const link = url.startsWith('http') ? `[${name}](${url})` : `${name}: \`${url}\``;
    const longer = shown === '' ? link : `${shown} · ${link}`;
    if (sizeBytes(longer) <= roomBytes) shown = longer;
  }
  return shown;
}
