/** Files that the tests work on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { embeddedModelPath } from '../../extension/engine/installation.ts';
import { root } from '../../scripts/node24.mjs';

/** Source text to type into. */
export function fixture(name: string): string {
  return readFileSync(join(root, 'test', 'fixtures', name), 'utf8');
}

/** Path of the model that ships. */
export function embeddedModel(): string {
  return embeddedModelPath(root);
}
