// A writer in a process of its own: `race <root> <key> <writers> <name>` prints how many of its writers won;
// `stall <root> <key> <file>` uploads until the first bytes are over, says so and stands still until it is killed.
import { writeSync } from 'node:fs';
import { createDirectoryStore } from '../../src/adapters/directory/object-store.ts';
import { createS3Store } from '../../src/adapters/s3/object-store.ts';

const [mode = '', rootUri = '', key = '', subject = '', name = ''] = process.argv.slice(2);
const store = rootUri.startsWith('s3:')
  ? createS3Store(rootUri, { minPartBytes: 5 * 1024 * 1024 })
  : createDirectoryStore(rootUri);

if (mode === 'race') {
  const writers = Array.from({ length: Number(subject) }, (_, index) => Buffer.from(`${name} ${index}`));
  const wins = await Promise.all(writers.map((bytes) => store.putIfAbsent(key, bytes)));
  writeSync(1, JSON.stringify(writers.filter((_, index) => wins[index]).map(String)));
} else {
  await store.upload(subject, key, { onBytes: standStill });
}

function standStill(): void {
  writeSync(1, 'moved\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
