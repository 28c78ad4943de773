import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { AdapterError } from '../errors.ts';

/** Where and how to reach an S3 store; what is absent comes from the environment (`AWS_*`) and the SDK's provider chain. */
export interface S3Options {
  /** Any S3-compatible server; path-style addresses are used with it. */
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Multipart parts are this long, or 1/9000 of the file where that is more. At least 5 MiB. */
  readonly minPartBytes?: number;
  /** Parts or ranges of one file under way at a time. */
  readonly parallelParts?: number;
  /** Tries of one request, with jitter between them. */
  readonly maxAttempts?: number;
}

export interface S3Location {
  readonly bucket: string;
  /** Without leading slash. */
  readonly path: string;
}

/** Failures are thrown, and told by whoever asked. */
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };

const connectTimeoutMs = 5000;
const silenceTimeoutMs = 60_000;
const defaultMaxAttempts = 5;

/** A client for any S3-compatible server: checksums are sent and checked by this adapter itself, so that old servers do as well. */
export function createS3Client(options: S3Options): S3Client {
  // oxlint-disable-next-line node/no-process-env -- the SDK takes AWS_* from the environment; path style has to follow its endpoint
  const environment = process.env;
  const endpoint = options.endpoint ?? environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL'];
  const region = options.region ?? environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'];
  const config: S3ClientConfig = {
    maxAttempts: options.maxAttempts ?? defaultMaxAttempts,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    logger: silent,
    requestHandler: { connectionTimeout: connectTimeoutMs, socketTimeout: silenceTimeoutMs },
  };
  if (endpoint) Object.assign(config, { endpoint, forcePathStyle: true, region: region ?? 'us-east-1' });
  if (region) config.region = region;
  if (options.credentials) config.credentials = options.credentials;
  return new S3Client(config);
}

/** @throws AdapterError `InvalidConfig` when the uri is not `s3://bucket/…`. */
export function parseS3Uri(uri: string): S3Location {
  const match = /^s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(?<path>.*))?$/su.exec(uri);
  const bucket = match?.groups?.['bucket'];
  if (bucket === undefined) {
    throw new AdapterError('InvalidConfig', `"${uri}" is not like s3://bucket/prefix`, { system: 'store' });
  }
  return { bucket, path: match?.groups?.['path'] ?? '' };
}

function ignore(): void {
  return undefined;
}
