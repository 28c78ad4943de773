import { AdapterError } from '../../src/adapters/errors.ts';
import { candidateModelName } from '../../src/contracts/names.ts';
import type { MachineDescription, ServingReplica } from '../../src/ports/serving-replica.ts';

/** A replica of memory that follows the port's rules, and what a test may set and see of it. */
export interface FakeReplica extends ServingReplica {
  ready: readonly number[];
  published: readonly number[];
  /** Versions of which an interrupted publication or removal has left files. */
  staged: readonly number[];
  candidate: number | null;
  machine: MachineDescription;
  /** Version that answers unversioned requests instead of the highest ready one. */
  answersAs: number | null;
  /** Tokens of one answer. */
  tokens: number;
  /** Held before every switch. */
  switchDelayMs: number;
}

export function createFakeReplica(name: string): FakeReplica {
  let highest = 0;
  const passFence = (fence: number): void => {
    if (fence < highest)
      throw new AdapterError('StaleFence', `token ${fence} is under ${highest}`, { system: 'triton' });
    highest = fence;
  };
  const replica: FakeReplica = {
    name,
    ready: [],
    published: [],
    staged: [],
    candidate: null,
    machine: { runtimeVersions: {}, cpuFeatures: [] },
    answersAs: null,
    tokens: 3,
    switchDelayMs: 0,
    readState: async () => ({
      index: [],
      readyVersions: replica.ready,
      desiredVersions: replica.ready,
      publishedVersions: replica.published,
      stagedVersions: replica.staged,
      hasCandidate: replica.candidate !== null,
    }),
    raiseFence: async ({ fence }) => passFence(fence),
    describeMachine: async () => replica.machine,
    publish: async ({ version, fence }) => {
      passFence(fence);
      replica.published = [...new Set([...replica.published, version])].toSorted((a, b) => a - b);
    },
    unpublish: async ({ version, fence }) => {
      passFence(fence);
      if (replica.ready.includes(version)) throw new Error(`version ${version} is ready`);
      replica.published = replica.published.filter((entry) => entry !== version);
      replica.staged = replica.staged.filter((entry) => entry !== version);
    },
    loadCandidate: async ({ version, fence }) => {
      passFence(fence);
      replica.candidate = version;
    },
    unloadCandidate: async ({ fence }) => {
      passFence(fence);
      replica.candidate = null;
    },
    showVersions: async ({ versions, fence }) => {
      passFence(fence);
      await new Promise((resolve) => setTimeout(resolve, replica.switchDelayMs));
      replica.ready = versions;
    },
    generate: async function* generate({ modelName }) {
      const isCandidate = modelName.endsWith(candidateModelName(''));
      const version = isCandidate ? replica.candidate : (replica.answersAs ?? replica.ready.at(-1) ?? null);
      if (!isCandidate && replica.ready.length === 0) throw unknownModel(modelName);
      if (version === null || replica.tokens === 0) return;
      const { tokens } = replica;
      yield { text: 'a b c', tokenCount: tokens, cumLogProbs: -1, finishReason: 'stop', modelVersion: version };
    },
  };
  return replica;
}

function unknownModel(modelName: string): AdapterError {
  return new AdapterError('NotFound', `Request for unknown model: '${modelName}' is not found`, { system: 'triton' });
}
