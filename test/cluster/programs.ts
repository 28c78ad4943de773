import type { Lab } from './lab.ts';
import { nodeIp, nodeName } from './lab.ts';

/** A program of the cluster and its arguments. */
export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

export function containerd({ directory }: Lab): Program {
  return { name: 'containerd', command: 'containerd', args: ['--config', `${directory}/containerd.toml`] };
}

export function etcd(lab: Lab): Program {
  const client = etcdUrl(lab);
  const peer = `http://127.0.0.1:${lab.ports.peers}`;
  return ours(lab, 'etcd', {
    'data-dir': `${lab.directory}/etcd`,
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `default=${peer}`,
    'unsafe-no-fsync': 'true',
  });
}

export function etcdUrl({ ports }: Lab): string {
  return `http://127.0.0.1:${ports.etcd}`;
}

export function apiServer(lab: Lab): Program {
  const accountKey = `${lab.directory}/account.key`;
  return ours(lab, 'kube-apiserver', {
    'etcd-servers': etcdUrl(lab),
    'cert-dir': `${lab.directory}/certs`,
    'bind-address': nodeIp,
    'advertise-address': nodeIp,
    'secure-port': String(lab.ports.api),
    'service-cluster-ip-range': '10.96.0.0/16',
    'authorization-mode': 'Node,RBAC',
    'token-auth-file': `${lab.directory}/tokens.csv`,
    'service-account-issuer': 'https://lab',
    'service-account-key-file': accountKey,
    'service-account-signing-key-file': accountKey,
    'allow-privileged': 'true',
    'anonymous-auth': 'false',
    'kubelet-preferred-address-types': 'InternalIP',
  });
}

export function controllerManager(lab: Lab): Program {
  return ours(lab, 'kube-controller-manager', {
    kubeconfig: `${lab.directory}/manager.kubeconfig`,
    'service-account-private-key-file': `${lab.directory}/account.key`,
    'use-service-account-credentials': 'true',
    'root-ca-file': `${lab.directory}/certs/apiserver.crt`,
    'leader-elect': 'false',
    'secure-port': '0',
  });
}

export function scheduler(lab: Lab): Program {
  const kubeconfig = `${lab.directory}/scheduler.kubeconfig`;
  return ours(lab, 'kube-scheduler', { kubeconfig, 'leader-elect': 'false', 'secure-port': '0' });
}

export function kubelet(lab: Lab): Program {
  return ours(lab, 'kubelet', {
    config: `${lab.directory}/kubelet.json`,
    kubeconfig: `${lab.directory}/kubelet.kubeconfig`,
    'root-dir': `${lab.directory}/kubelet`,
    'cert-dir': `${lab.directory}/kubelet/pki`,
    'hostname-override': nodeName,
    'node-ip': nodeIp,
  });
}

/** Of JobSet and Kubeflow's trainer, with their webhooks. */
export function jobControllers(lab: Lab): Program {
  return ours(lab, 'job-controllers', outside(lab, 'jobs'));
}

export function kueue(lab: Lab): Program {
  return { name: 'kueue', command: `${lab.kubelab}/kueue`, args: argv(outside(lab, 'kueue')) };
}

function outside({ directory, kubelab }: Lab, project: string): Readonly<Record<string, string>> {
  return { kubeconfig: `${directory}/admin.kubeconfig`, manifests: `${kubelab}/manifests/${project}` };
}

function ours({ kubelab }: Lab, name: string, flags: Readonly<Record<string, string>>): Program {
  return { name, command: `${kubelab}/kubelab`, args: [name, ...argv(flags)] };
}

function argv(flags: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
}
