import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { AdapterError } from '../errors.ts';
import type { ApiServer } from './api-server.ts';
import { tokenOfFile } from './api-server.ts';

const text = z.string().optional();

const clusterSchema = z.object({
  server: z.string(),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': z.boolean().default(false),
});

const userSchema = z.object({
  token: text,
  tokenFile: text,
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  exec: z.undefined({ error: 'plugins are not run: use a token or a client certificate' }).optional(),
});

const kubeconfigSchema = z.object({
  'current-context': z.string(),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string() }) })),
  clusters: z.array(z.object({ name: z.string(), cluster: clusterSchema })),
  users: z.array(z.object({ name: z.string(), user: userSchema })),
});

/** The server of the current context of a kubeconfig file. @throws AdapterError `InvalidConfig` */
export async function serverOfKubeconfig(file: string): Promise<ApiServer> {
  const { contexts, clusters, users, 'current-context': current } = await readKubeconfig(file);
  const context = contexts.find(({ name }) => name === current)?.context;
  const cluster = clusters.find(({ name }) => name === context?.cluster)?.cluster;
  const user = users.find(({ name }) => name === context?.user)?.user;
  if (cluster === undefined || user === undefined)
    throw unusable(file, `its current context "${current}" leads to no cluster and user`);
  const read = materialIn(path.dirname(file));
  return {
    url: cluster.server.replace(/\/+$/, ''),
    tls: {
      ca: await read(cluster['certificate-authority'], cluster['certificate-authority-data']),
      cert: await read(user['client-certificate'], user['client-certificate-data']),
      key: await read(user['client-key'], user['client-key-data']),
      rejectUnauthorized: !cluster['insecure-skip-tls-verify'],
    },
    token: tokenOf(user, path.dirname(file)),
  };
}

async function readKubeconfig(file: string): Promise<z.infer<typeof kubeconfigSchema>> {
  const content = await readFile(file, 'utf8').catch((error: unknown) => {
    throw unusable(file, error instanceof Error ? error.message : String(error));
  });
  const parsed = kubeconfigSchema.safeParse(parse(content));
  if (!parsed.success) throw unusable(file, z.prettifyError(parsed.error));
  return parsed.data;
}

/** Reads what stands in a file beside the kubeconfig, or in it as base64, which wins. */
function materialIn(folder: string): (file?: string, data?: string) => Promise<string | undefined> {
  return async (file, data) => {
    if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
    return file === undefined ? undefined : readFile(path.resolve(folder, file), 'utf8');
  };
}

function tokenOf({ token, tokenFile }: z.infer<typeof userSchema>, folder: string): ApiServer['token'] {
  if (tokenFile !== undefined) return tokenOfFile(path.resolve(folder, tokenFile));
  return async () => token ?? null;
}

function unusable(file: string, reason: string): AdapterError {
  return new AdapterError('InvalidConfig', `${file} is no usable kubeconfig: ${reason}`, { system: 'jobs' });
}
