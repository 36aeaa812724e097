/**
 * Fuzzes a target in TypeScript, with inputs that follow its structure but for a field or two:
 *
 *     node test/fuzz/run.ts TARGET SECONDS [SEED]
 *
 * What breaks it is made as small as it gets and printed with the seed that leads there. Closes as libFuzzer does.
 */
import fc from 'fast-check';
import { httpTarget } from './http.ts';
import { keptFiguresTarget } from './kept-figures.ts';
import { rpcTarget } from './rpc.ts';
import type { Target } from './target.ts';

const targets: Readonly<Record<string, () => Target | Promise<Target>>> = {
  http: httpTarget,
  rpc: rpcTarget,
  kept_figures: keptFiguresTarget,
};

const [, , name = '', seconds = '60', seed = String(Date.now() % 2 ** 31)] = process.argv;
const make = targets[name];
if (make === undefined) {
  console.error(`there is no target ${name}: ${Object.keys(targets).join(', ')}`);
  process.exit(2);
}

let stray: unknown = null;
process.on('unhandledRejection', (reason) => {
  stray = reason;
});
const target = await make();
const milliseconds = Number(seconds) * 1000;
const result = await fc.check(target.property as fc.IAsyncProperty<unknown>, {
  numRuns: Number.MAX_SAFE_INTEGER,
  interruptAfterTimeLimit: milliseconds,
  markInterruptAsFailure: false,
  seed: Number(seed),
});
await target.close?.();
console.error(`stat::number_of_executed_units: ${result.numRuns}`);
if (result.failed) console.error(`seed ${seed}:`, result.errorInstance, fc.defaultReportMessage(result));
if (stray !== null) console.error('a rejection that nobody handled:', stray);
process.exit(result.failed || stray !== null ? 1 : 0);
