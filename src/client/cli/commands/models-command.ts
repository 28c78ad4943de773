import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import type { Command } from 'commander';

import type { OutputOptions, ServerOptions } from '../cli-options.ts';
import { addJsonOption, addServerOptions, printResult, withClient } from '../cli-options.ts';
import { UsageError } from '../exit-status.ts';
import { shortDigest } from '../figures.ts';
import { openCatalog } from '../open-catalog.ts';
import { renderTable } from '../text-table.ts';

interface ImportOptions extends ServerOptions, OutputOptions {
  readonly name: string;
}

export function addModelsCommand(program: Command): void {
  const models = program.command('models').description('base models that runs start from');
  const command = models
    .command('import')
    .description('make a base model of a checkpoint and give it a name')
    .argument('<source>', 'directory, .gguf file, hf://repo@revision, or package:<name> of an installed Python package')
    .requiredOption('--name <name>', 'name that run inputs use as baseModel');
  addServerOptions(addJsonOption(command)).action(importModel);
  addServerOptions(addJsonOption(models.command('ls').description('list base models'))).action(listModels);
}

async function importModel(source: string, options: ImportOptions): Promise<void> {
  const request = { source: absoluteSource(source), name: options.name };
  const artifact = await withClient(options, (client) => client.importModel(request));
  const lines = [`base model ${options.name} is ${artifact.digest}`, `  ${artifact.uri}`];
  printResult(options, { name: options.name, ...artifact }, lines);
}

/** Jobs run in directories of their own: a path must not depend on where this command was called. */
export function absoluteSource(source: string, cwd: string = process.cwd()): string {
  if (/^[a-z]+:/.test(source)) return source;
  const path = resolve(cwd, source);
  if (existsSync(path)) return path;
  throw new UsageError(`there is no file or directory ${path}; a hub is named hf://repo@revision`);
}

async function listModels(options: ServerOptions & OutputOptions): Promise<void> {
  const models = await (await openCatalog(options)).baseModels();
  const rows = models.map(({ name, artifact }) => [name, shortDigest(artifact.digest), artifact.uri]);
  const lines =
    rows.length === 0 ? ['no base model was imported yet'] : renderTable([['name', 'digest', 'uri'], ...rows]);
  printResult(options, { models }, lines);
}
