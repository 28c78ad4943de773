import type { Lab } from './lab.ts';
import { labNamespace } from './namespace.ts';
import { nodeIp, nodeName, podBridge, podSubnet } from './lab.ts';
import { clusterDomain } from './pod-names.ts';

/** Tokens of the lab, and who they stand for. */
const tokens = {
  admin: 'lab-admin',
  manager: 'lab-manager',
  scheduler: 'lab-scheduler',
  kubelet: 'lab-kubelet',
  worker: 'lab-worker',
} as const;

/** The files that the lab's programs read, by name in its folder. JSON is YAML. */
export function configFiles(lab: Lab): Readonly<Record<string, string>> {
  return {
    'tokens.csv': tokenFile(),
    ...Object.fromEntries(
      Object.entries(tokens).map(([user, token]) => [`${user}.kubeconfig`, kubeconfig(lab, token)]),
    ),
    'kubelet.json': JSON.stringify(kubeletConfig(lab)),
    'containerd.toml': containerdConfig(lab),
    'cni/10-lab.conflist': JSON.stringify(podNetwork(lab)),
  };
}

function tokenFile(): string {
  return [
    `${tokens.admin},admin,admin,"system:masters"`,
    `${tokens.manager},system:kube-controller-manager,manager`,
    `${tokens.scheduler},system:kube-scheduler,scheduler`,
    `${tokens.worker},system:serviceaccount:${labNamespace}:windlass-jobs-worker,worker`,
    `${tokens.kubelet},system:node:${nodeName},kubelet,"system:nodes"`,
  ].join('\n');
}

function kubeconfig({ ports, directory }: Lab, token: string): string {
  const cluster = {
    server: `https://${nodeIp}:${ports.api}`,
    'certificate-authority': `${directory}/certs/apiserver.crt`,
  };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'lab', cluster }],
    users: [{ name: 'user', user: { token } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'user' } }],
    'current-context': 'lab',
  });
}

/** A kubelet for a machine without systemd, on either version of cgroups, whose disk and memory are not its own. */
function kubeletConfig({ directory, ports }: Lab): unknown {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: nodeIp,
    port: ports.kubelet,
    readOnlyPort: 0,
    healthzPort: 0,
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    clusterDNS: [nodeIp],
    clusterDomain,
    containerRuntimeEndpoint: `unix://${directory}/containerd.sock`,
    cgroupDriver: 'cgroupfs',
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    makeIPTablesUtilChains: false,
    imageGCHighThresholdPercent: 100,
    evictionHard: {
      'memory.available': '0%',
      'nodefs.available': '0%',
      'nodefs.inodesFree': '0%',
      'imagefs.available': '0%',
    },
    nodeStatusUpdateFrequency: '5s',
    syncFrequency: '10s',
    // How full a job's scratch is.
    volumeStatsAggPeriod: '5s',
  };
}

/** Without `restrict_oom_score_adj` runc dies where it may not raise the priority of a process in the out-of-memory killer. */
function containerdConfig({ directory }: Lab): string {
  return `version = 2
root = "${directory}/containerd"
state = "${directory}/containerd-state"
[grpc]
  address = "${directory}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/windlass-lab:latest"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${directory}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
`;
}

function podNetwork({ directory }: Lab): unknown {
  const ipam = {
    type: 'host-local',
    dataDir: `${directory}/ipam`,
    ranges: [[{ subnet: podSubnet }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  return {
    cniVersion: '0.4.0',
    name: podBridge,
    plugins: [{ type: 'bridge', bridge: podBridge, isGateway: true, ipam }, { type: 'loopback' }],
  };
}
