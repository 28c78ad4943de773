import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import type { Command } from 'commander';

import type { OutputOptions, ServerOptions } from '../cli-options.ts';
import { addJsonOption, addServerOptions, printResult } from '../cli-options.ts';
import { UsageError } from '../exit-status.ts';
import { shortDigest, sizeText } from '../figures.ts';
import { openCatalog } from '../open-catalog.ts';
import { renderTable } from '../text-table.ts';

type Options = ServerOptions & OutputOptions;

export function addArtifactsCommand(program: Command): void {
  const artifacts = program
    .command('artifacts')
    .description('data sets, checkpoints, engines and reports in the object store');
  const list = artifacts
    .command('ls')
    .description('list artifacts')
    .option('--kind <kind>', 'only this kind, such as engine');
  addServerOptions(addJsonOption(list)).action(listArtifacts);
  const show = artifacts.command('show').description('show the manifest of an artifact, checked against its digest');
  addServerOptions(addJsonOption(show.argument('<digest>', 'digest, or its first digits'))).action(showArtifact);
  const get = artifacts
    .command('get')
    .description('copy an artifact here; every file is checked')
    .argument('<digest>', 'digest, or its first digits')
    .argument('<directory>', 'directory to make');
  addServerOptions(addJsonOption(get)).action(getArtifact);
}

async function listArtifacts(options: Options & { readonly kind?: string }): Promise<void> {
  const all = await (await openCatalog(options)).artifacts();
  const artifacts = all.filter(({ kind }) => options.kind === undefined || kind === options.kind);
  const rows = artifacts.map(({ kind, digest, sizeBytes, fileCount, uri }) => [
    kind,
    shortDigest(digest),
    sizeText(sizeBytes),
    fileCount === 1 ? '1 file' : `${fileCount} files`,
    uri,
  ]);
  printResult(options, { artifacts }, rows.length === 0 ? ['there is no artifact yet'] : renderTable(rows));
}

async function showArtifact(digest: string, options: Options): Promise<void> {
  const catalog = await openCatalog(options);
  const artifact = await catalog.find(digest);
  const manifest = await catalog.manifest(artifact);
  printResult(options, { ...artifact, manifest }, [
    `${artifact.kind} ${artifact.digest}`,
    artifact.uri,
    '',
    ...renderTable(manifest.files.map(({ path, size, sha256 }) => [path, sizeText(size), sha256.slice(0, 12)])),
    '',
    JSON.stringify(manifest.attributes, null, 2),
  ]);
}

async function getArtifact(digest: string, directory: string, options: Options): Promise<void> {
  const target = resolve(directory);
  if (existsSync(target)) throw new UsageError(`${target} exists already: name a directory that does not`);
  const catalog = await openCatalog(options);
  const artifact = await catalog.find(digest);
  const { files } = await catalog.fetch(artifact, target);
  printResult(options, { ...artifact, directory: target }, [
    `${files.length} files of ${artifact.kind} ${shortDigest(artifact.digest)} → ${target}`,
  ]);
}
