/** MLflow by its REST interface, not by the project's adapter. */
export interface MlflowReader {
  versionsOf(model: string, runId: string): Promise<readonly number[]>;
  trackingStatusesOf(model: string, runId: string): Promise<readonly string[]>;
  /** Null: the alias, or the model, is not there. */
  aliasOf(model: string, alias: string): Promise<number | null>;
}

interface Answer {
  readonly model_versions?: readonly { readonly version: string }[];
  readonly experiment?: { readonly experiment_id: string };
  readonly runs?: readonly { readonly info: { readonly status: string } }[];
  readonly registered_model?: { readonly aliases?: readonly { readonly alias: string; readonly version: string }[] };
}

export function openMlflowReader(url: string): MlflowReader {
  const get = async (path: string, query: Readonly<Record<string, string>>): Promise<Answer | null> =>
    answerOf(fetch(`${url}/api/2.0/mlflow/${path}?${new URLSearchParams(query).toString()}`));
  const post = async (path: string, body: object): Promise<Answer | null> =>
    answerOf(
      fetch(`${url}/api/2.0/mlflow/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
  return {
    versionsOf: async (model, runId) => {
      const filter = `name = '${model}' and ${tagged(runId)}`;
      const found = await get('model-versions/search', { filter, max_results: '100' });
      return (found?.model_versions ?? []).map(({ version }) => Number(version));
    },
    trackingStatusesOf: async (model, runId) => {
      const experiment = (await get('experiments/get-by-name', { experiment_name: model }))?.experiment;
      if (experiment === undefined) return [];
      const body = { experiment_ids: [experiment.experiment_id], filter: tagged(runId), max_results: 10 };
      return ((await post('runs/search', body))?.runs ?? []).map(({ info }) => info.status);
    },
    aliasOf: async (model, alias) => {
      const aliases = (await get('registered-models/get', { name: model }))?.registered_model?.aliases ?? [];
      const found = aliases.find((entry) => entry.alias === alias);
      return found === undefined ? null : Number(found.version);
    },
  };
}

function tagged(runId: string): string {
  return `tags.\`windlass.run\` = '${runId}'`;
}

/** Null where MLflow says that there is no such thing; an error where it is away. */
async function answerOf(answering: Promise<Response>): Promise<Answer | null> {
  const answer = await answering;
  if (answer.ok) return (await answer.json()) as Answer;
  const said = await answer.text();
  const code = /"error_code":\s*"(?<code>\w+)"/u.exec(said)?.groups?.['code'];
  if (code === 'RESOURCE_DOES_NOT_EXIST') return null;
  throw new Error(`MLflow answers ${answer.status}: ${said.slice(0, 200)}`);
}
