/** Writes schemas/*.schema.json from the zod schemas; a test fails when the committed files are not current. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildJsonSchemas } from '../src/adapters/platform/json-schemas.ts';

for (const [name, text] of Object.entries(buildJsonSchemas())) {
  const file = fileURLToPath(new URL(`../schemas/${name}`, import.meta.url));
  writeFileSync(file, text);
  process.stdout.write(`${file}\n`);
}
