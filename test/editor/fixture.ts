/** Source files that the tests open and type into. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/node24.mjs';

export function fixture(name: string): string {
  return readFileSync(join(root, 'test', 'fixtures', name), 'utf8');
}
