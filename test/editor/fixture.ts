/** Files that the tests work on. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/node24.mjs';

/** Source text to type into. */
export function fixture(name: string): string {
  return readFileSync(join(root, 'test', 'fixtures', name), 'utf8');
}

/** Path of the model that ships. */
export function embeddedModel(): string {
  const folder = join(root, 'models');
  const name = readdirSync(folder).find((file) => file.endsWith('.gguf') && !file.endsWith('.profile.gguf'));
  if (name === undefined) throw new Error(`${folder} holds no model`);
  return join(folder, name);
}
