import type { TargetView } from '../contracts/serving.ts';

const shownReleases = 15;

/** A target as Markdown for the Temporal UI: what is live, the newest releases, lease and queue. */
export function renderTargetDetails(view: TargetView): string {
  return [headline(view), ...notices(view), releaseTable(view)].join('\n\n');
}

function headline({ model, target, live }: TargetView): string {
  const state = live === null ? 'nothing is live' : `version **${live.version}** is live since ${live.at}`;
  return `**${model}** on **${target}**: ${state}`;
}

function notices({ frozen, lease, queue, unsettled }: TargetView): string[] {
  return [
    ...(frozen === null ? [] : [`**Frozen** by ${frozen.by}: ${frozen.reason}`]),
    ...(unsettled ? ['A deployer left it **half changed**; it is brought back before anything else'] : []),
    ...(lease === null
      ? []
      : [`Held by \`${lease.holder.workflowId}\` (fencing token ${lease.token}), ${queue.length} waiting`]),
  ];
}

function releaseTable({ releases }: TargetView): string {
  const rows = releases
    .slice(-shownReleases)
    .toReversed()
    .map(
      ({ sequence, version, kind, by, at, runId }) =>
        `| ${sequence} | ${version} | ${kind} | ${by} | ${at} | \`${runId}\` |`,
    );
  return ['| # | version | how | by | at | run |', '|---|---|---|---|---|---|', ...rows].join('\n');
}
