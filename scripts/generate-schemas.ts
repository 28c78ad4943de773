/** Writes schemas/*.schema.json and the table of docs/configuration.md from the zod schemas; a test fails when they are not current. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { buildJsonSchemas } from '../src/adapters/platform/json-schemas.ts';
import { withFieldTable } from './field-table.ts';

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
const schemas = buildJsonSchemas();

for (const [name, text] of Object.entries(schemas)) writeFileSync(path(`schemas/${name}`), text);
const page = path('docs/configuration.md');
writeFileSync(page, withFieldTable(readFileSync(page, 'utf8'), schemas['run-input.schema.json'] ?? '{}'));
