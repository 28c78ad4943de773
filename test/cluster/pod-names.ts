import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { z } from 'zod';
import type { ApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { nodeIp } from './lab.ts';
import type { RunningProgram } from './running-program.ts';

export const clusterDomain = 'cluster.local';
const dnsPort = 53;
const typeA = 1;
const headerBytes = 12;
const isAnswer = 0x84_00;
const noSuchName = 3;

const slicesSchema = z.object({
  items: z.array(
    z.object({
      endpoints: z
        .array(
          z.object({
            hostname: z.string().optional(),
            addresses: z.array(z.string()),
            conditions: z.object({ ready: z.boolean().default(true) }).prefault({}),
          }),
        )
        .nullish(),
    }),
  ),
});

/**
 * The names of pods behind headless Services, `<host>.<service>.<namespace>.svc.cluster.local`, out of the EndpointSlices that the
 * controllers write: all of a cluster's DNS that jobs need. No other name is known.
 */
export async function servePodNames(client: ApiClient): Promise<RunningProgram> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    // A resolver that has no answer asks again.
    void answerTo(client, query).then(
      (answer) => socket.send(answer, port, address),
      () => {},
    );
  });
  socket.bind(dnsPort, nodeIp);
  await once(socket, 'listening');
  return { name: 'pod-names', stop: async () => close(socket), endedWith: async () => null };
}

async function close(socket: Socket): Promise<void> {
  socket.close();
  await once(socket, 'close');
}

/** RFC 1035: the header, the question as it was asked, and an address record for each address, which names the question's name. */
async function answerTo(client: ApiClient, query: Buffer): Promise<Buffer> {
  const { name, type, end } = readQuestion(query);
  const addresses = await addressesOf(client, name);
  const records = type === typeA ? addresses.map(recordOf) : [];
  const header = Buffer.alloc(headerBytes);
  header.writeUInt16BE(query.readUInt16BE(0), 0);
  header.writeUInt16BE(isAnswer | (addresses.length === 0 ? noSuchName : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, query.subarray(headerBytes, end), ...records]);
}

function readQuestion(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** Of those that are ready, or that shall be named before they are. */
async function addressesOf(client: ApiClient, name: string): Promise<readonly string[]> {
  const [host, service, namespace, ...rest] = name.split('.');
  if (rest.join('.') !== `svc.${clusterDomain}`) return [];
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const query = { labelSelector: `kubernetes.io/service-name=${service}` };
  const { items } = slicesSchema.parse(JSON.parse((await client({ method: 'GET', path, query })).body.toString()));
  const endpoints = items.flatMap((slice) => slice.endpoints ?? []);
  return endpoints
    .filter(({ hostname, conditions }) => hostname === host && conditions.ready)
    .flatMap(({ addresses }) => addresses);
}

/** For a second: a pod's address is of this pod alone. */
function recordOf(address: string): Buffer {
  const head = Buffer.from([0xc0, headerBytes, 0, typeA, 0, 1, 0, 0, 0, 1, 0, 4]);
  return Buffer.concat([head, Buffer.from(address.split('.').map(Number))]);
}
