import type { Metrics } from '../ports/metrics.ts';
import type { ObjectStore, TransferOptions } from '../ports/object-store.ts';

/** A store that counts what is moved into it and out of it. What a resumed transfer had already is not moved. */
export function withCountedBytes(objects: ObjectStore, metrics: Metrics): ObjectStore {
  const up = (bytes: number): void => metrics.count('windlass_store_bytes_total', { direction: 'up' }, bytes);
  const down = (bytes: number): void => metrics.count('windlass_store_bytes_total', { direction: 'down' }, bytes);
  return {
    ...objects,
    putIfAbsent: async (key, bytes) => {
      const isFirst = await objects.putIfAbsent(key, bytes);
      if (isFirst) up(bytes.length);
      return isFirst;
    },
    get: async (key) => {
      const bytes = await objects.get(key);
      down(bytes.length);
      return bytes;
    },
    upload: async (file, key, options = {}) => objects.upload(file, key, counted(options, up)),
    download: async (key, file, options) => objects.download(key, file, counted(options, down)),
  };
}

function counted<Options extends TransferOptions>(options: Options, count: (bytes: number) => void): Options {
  const onBytes = (bytes: number): void => {
    count(bytes);
    options.onBytes?.(bytes);
  };
  return { ...options, onBytes };
}
