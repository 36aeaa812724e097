/**
 * The chaos suite, in the real editor:
 *
 *     npm run test:chaos -- [--kills 200] [--seed 1] [--only NAME]
 *
 * Full disks, limits of memory and the like need the rights of root; without them these are skipped, and say so.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    only: { type: 'string', default: '' },
  },
});
const files = readdirSync(import.meta.dirname).filter(
  (file) => file.endsWith('.chaos.ts') && file.startsWith(values.only),
);
console.log(`seed ${values.seed}: repeat it with --seed ${values.seed}`);
const { status } = spawnSync(
  process.execPath,
  ['--test', '--test-concurrency=1', ...files.map((file) => join(import.meta.dirname, file))],
  {
    stdio: 'inherit',
    env: { ...process.env, HOTSET_CHAOS_KILLS: values.kills, HOTSET_CHAOS_SEED: values.seed },
  },
);
process.exitCode = status ?? 1;
