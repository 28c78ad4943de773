import type { RunStatus, StageStatus } from '../contracts/run-status.ts';
import type { EngineScores, EvaluationSummary } from '../contracts/evaluation.ts';

const marks = { waiting: '·', running: '▶', done: '✓', reused: '↺', failed: '✗', skipped: '–' } as const;

/** The run as Markdown for the Temporal UI (current details): what is awaited, stage table, evaluation, links. Under 4 KB. */
export function renderRunDetails(status: RunStatus): string {
  return [headline(status), awaited(status), stageTable(status.stages), evaluation(status.evaluation), links(status)]
    .filter((part) => part !== '')
    .join('\n\n');
}

function headline(status: RunStatus): string {
  const version = status.version === null ? '' : ` · version **${status.version}**`;
  const target = status.target === null ? '' : ` → **${status.target}**`;
  const failure =
    status.failure === null ? '' : `\n\n**${status.failure.name}**: ${firstLines(status.failure.message)}`;
  return `**${status.model}**${target}${version} · ${status.phase}${failure}`;
}

function firstLines(text: string): string {
  const limit = 1200;
  return text.length <= limit ? text : `${text.slice(0, limit)} …`;
}

/** What a person has to do, with the exact JSON to paste. */
function awaited(status: RunStatus): string {
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
    return `| ${marks[stage.state]} ${stage.stage} | ${stage.state} | ${duration(stage.durationMs)} | ${artifact} | ${stage.note ?? ''} |`;
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
    summary.reasons.map((reason) => `- ${reason}`).join('\n'),
    ['| model | perplexity | tasks passed | tokens/s |', '|---|---|---|---|', ...rows.filter(Boolean)].join('\n'),
  ].join('\n\n');
}

function scoreRow(name: string, scores: EngineScores | null): string {
  if (scores === null) return '';
  return `| ${name} | ${figure(scores.perplexity)} | ${figure(scores.taskPassRate)} | ${figure(scores.tokensPerSecond)} |`;
}

function figure(value: number | null): string {
  return value === null ? '–' : String(Math.round(value * 100) / 100);
}

function links(status: RunStatus): string {
  return Object.entries(status.links)
    .map(([name, url]) => (url.startsWith('http') ? `[${name}](${url})` : `${name}: \`${url}\``))
    .join(' · ');
}
