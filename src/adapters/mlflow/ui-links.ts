/** Pages of the MLflow 3 UI; the part after `#` is routed in the browser. */
export function buildRunUrl(serverUrl: string, experimentId: string, trackingRunId: string): string {
  return `${base(serverUrl)}/#/experiments/${encodeURIComponent(experimentId)}/runs/${encodeURIComponent(trackingRunId)}`;
}

export function buildModelVersionUrl(serverUrl: string, model: string, version: number): string {
  return `${base(serverUrl)}/#/models/${encodeURIComponent(model)}/versions/${version}`;
}

function base(serverUrl: string): string {
  return serverUrl.replace(/\/+$/, '');
}
