import { parseArgs } from 'node:util';

import { createPayloadCodec } from '../protocols/temporal/payload-codec.ts';
import { readPayloadKeys } from '../protocols/temporal/payload-keys.ts';
import { createCodecServer } from './codec-server.ts';

/* The codec server of the stack: loopback only, with the payload keys of its environment. */

const { values } = parseArgs({
  options: { port: { type: 'string' }, origin: { type: 'string', multiple: true, default: [] } },
});
const server = createCodecServer({ codec: createPayloadCodec(readPayloadKeys(process.env)), origins: values.origin });
server.listen(Number(values.port), '127.0.0.1');
process.once('SIGTERM', () => server.close(() => process.exit(0)));
