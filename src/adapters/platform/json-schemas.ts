import { z } from 'zod';
import { runInputSchema } from './run-input.ts';
import { windlassFileSchema } from './windlass-file.ts';

/** The JSON Schemas for editors, by file name: what people write, so fields with defaults are optional. */
export function buildJsonSchemas(): Readonly<Record<string, string>> {
  return {
    'run-input.schema.json': jsonSchemaOf(runInputSchema, 'Windlass run input'),
    'windlass.schema.json': jsonSchemaOf(windlassFileSchema, 'windlass.yaml'),
  };
}

function jsonSchemaOf(schema: z.ZodType, title: string): string {
  const built = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12', reused: 'inline' });
  const { $schema, ...rest } = built;
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}
