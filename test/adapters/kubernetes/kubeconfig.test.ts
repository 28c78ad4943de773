import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serverOfPod } from '../../../src/adapters/kubernetes/api-server.ts';
import { serverOfKubeconfig } from '../../../src/adapters/kubernetes/kubeconfig.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'windlass-kubeconfig-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(cluster: string, user: string, context = 'lab'): Promise<string> {
  const file = path.join(folder, 'config');
  await writeFile(
    file,
    `apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: ${cluster} }]
users: [{ name: u, user: ${user} }]
contexts: [{ name: lab, context: { cluster: c, user: u } }]
current-context: ${context}
`,
  );
  return file;
}

describe('a kubeconfig', () => {
  it('names the server, its authority beside the file, and a token that is read anew each time', async () => {
    await writeFile(path.join(folder, 'ca.pem'), 'authority');
    await writeFile(path.join(folder, 'token'), 'first\n');
    const file = await write(
      '{ server: "https://10.0.0.1:6443/", certificate-authority: ca.pem }',
      '{ tokenFile: token }',
    );
    const server = await serverOfKubeconfig(file);
    expect(server).toMatchObject({ url: 'https://10.0.0.1:6443', tls: { ca: 'authority', rejectUnauthorized: true } });
    expect(await server.token()).toBe('first');
    await writeFile(path.join(folder, 'token'), 'second\n');
    expect(await server.token()).toBe('second');
  });

  it('may hold a client certificate as base64', async () => {
    const data = Buffer.from('certificate').toString('base64');
    const user = `{ client-certificate-data: ${data}, client-key-data: ${data} }`;
    const server = await serverOfKubeconfig(await write('{ server: "https://a" }', user));
    expect(server.tls).toMatchObject({ cert: 'certificate', key: 'certificate' });
    expect(await server.token()).toBeNull();
  });

  it('is refused with the place where a plugin, a context or a server is wrong', async () => {
    const plugin = await write('{ server: "https://a" }', '{ exec: { command: aws } }');
    await expect(serverOfKubeconfig(plugin)).rejects.toThrow(/plugins are not run[\s\S]*users\[0\]\.user\.exec/);
    const elsewhere = await write('{ server: "https://a" }', '{ token: t }', 'other');
    await expect(serverOfKubeconfig(elsewhere)).rejects.toThrow(/current context "other"/);
    await expect(serverOfKubeconfig(path.join(folder, 'none'))).rejects.toMatchObject({ failure: 'InvalidConfig' });
  });

  it('has to be named outside a pod', async () => {
    await expect(serverOfPod({})).rejects.toThrow(/jobs\.kubeconfig is not set/);
  });
});
