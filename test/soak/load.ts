/**
 * Correct under load, for as long as is wanted:
 *
 *     npm run load -- [--minutes 10] [--model MODEL] [--seed 1]
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadParams } from '../engine/engine-client.ts';
import { root } from '../engine/model.ts';
import { percentile } from './series.ts';
import { typeUnderLoad } from './under-load.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    model: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});

const { restAfter, answerAfter, ...counts } = await typeUnderLoad({
  load: {
    ...loadParams,
    path: values.model === undefined ? null : resolve(values.model),
    contextLength: 4096,
    threads: 0,
  },
  script: join(root, 'test', 'soak', 'traced-engine.ts'),
  folder: join(root, 'extension', 'scheduling'),
  seed: Number(values.seed),
  milliseconds: Number(values.minutes) * 60_000,
});
console.log(counts);
const told = (times: readonly number[]) =>
  `(min, p50, p95, max) ${[0, 0.5, 0.95, 1].map((share) => `${percentile(times, share).toFixed(0)} ms`).join(', ')}; ${times.length} times`;
console.log(`last key waited for: answered after ${told(answerAfter)}`);
for (const [ending, times] of Object.entries(restAfter))
  console.log(`last key ${ending}: the engine rests after ${told(times)}`);
process.exitCode = counts.overlapping > 0 || counts.stale > 0 ? 1 : 0;
