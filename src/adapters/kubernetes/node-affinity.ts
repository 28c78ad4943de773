import type { Affinity, NodeSelectorTerm, Toleration } from 'kubernetes-types/core/v1.js';
import type { KubernetesJobProfile } from '../../contracts/platform.ts';

const gpuTaint: Toleration = { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' };

/** The platform's affinity, narrowed to the acceptable GPU products: each of its node terms must hold together with them. */
export function buildAffinity({ gpus, gpuProducts, pod }: KubernetesJobProfile): Affinity | undefined {
  const given = pod.affinity as Affinity | undefined;
  if (gpus === 0 || gpuProducts.length === 0) return given;
  const required = given?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms = required?.nodeSelectorTerms ?? [{}];
  return {
    ...given,
    nodeAffinity: {
      ...given?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: terms.map((term) => withProducts(term, gpuProducts)),
      },
    },
  };
}

/** Nodes with GPUs are usually tainted, so that only work that needs them comes. */
export function buildTolerations({ gpus, pod }: KubernetesJobProfile): Toleration[] {
  const given = (pod.tolerations ?? []) as readonly Toleration[];
  return gpus === 0 ? [...given] : [gpuTaint, ...given];
}

function withProducts(term: NodeSelectorTerm, products: readonly string[]): NodeSelectorTerm {
  const product = { key: 'nvidia.com/gpu.product', operator: 'In', values: [...products] };
  return { ...term, matchExpressions: [...(term.matchExpressions ?? []), product] };
}
