import type { ArtifactRef, Digest } from '../contracts/artifact.ts';
import type { ServingOptions, SmokeTestSpec, StageTimeouts } from '../contracts/run-spec.ts';
import { AdapterError } from '../adapters/errors.ts';
import type { ArtifactStore } from '../ports/object-store.ts';
import type { ModelRegistry } from '../ports/tracking.ts';
import { readSpec } from './stored-spec.ts';

/** What a registered version needs to go live, read back from its lineage. */
export interface VersionActivities {
  /** @throws `NotFound`: no such version, or one that has no engine */
  describeVersion(request: { readonly model: string; readonly version: number }): Promise<VersionPlan>;
}

export interface VersionPlan {
  readonly engine: ArtifactRef;
  readonly serving: ServingOptions;
  readonly smokeTest: SmokeTestSpec;
  readonly probePrompt: string;
  readonly keepVersions: number;
  readonly timeouts?: StageTimeouts;
}

export interface VersionActivityDependencies {
  readonly registry: ModelRegistry;
  readonly artifacts: ArtifactStore;
}

export function createVersionActivities({ registry, artifacts }: VersionActivityDependencies): VersionActivities {
  return {
    describeVersion: async ({ model, version }) => {
      const registered = await registry.findVersion(model, version);
      const tags = registered?.tags ?? {};
      const specUri = requiredTag(tags, 'windlass.spec.uri', { model, version });
      const { spec } = await readSpec(artifacts.objects, specUri);
      return {
        engine: {
          uri: requiredTag(tags, 'windlass.engine.uri', { model, version }),
          digest: requiredTag(tags, 'windlass.engine.digest', { model, version }) as Digest,
          kind: 'engine',
        },
        serving: spec.deploy.serving,
        smokeTest: spec.smokeTest,
        probePrompt: spec.smokeTest.prompts[0]?.prompt ?? 'Hello',
        keepVersions: spec.deploy.keepVersions,
        timeouts: spec.timeouts,
      };
    },
  };
}

function requiredTag(
  tags: Readonly<Record<string, string>>,
  name: string,
  { model, version }: { readonly model: string; readonly version: number },
): string {
  const value = tags[name];
  if (value !== undefined) return value;
  throw new AdapterError(
    'NotFound',
    `version ${version} of ${model} is not registered with an engine (tag ${name} is missing)`,
    {
      system: 'mlflow',
    },
  );
}
