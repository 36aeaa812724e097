/**
 * Runs suites again and again beside a thread that never rests: a test that depends on luck fails in some round.
 *
 *     npm run test:rounds -- [--rounds 20] [--kept FOLDER] [SUITE...]
 *
 * All that test, one round after the other, when none is named. With --kept, rounds.jsonl in that folder tells of every
 * round, and those that it has count as run; what a round with a failure printed lies beside it.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { runSuite, suites } from './suites.mjs';

/** @typedef {import('./suites.mjs').Counts & { suite: string, round: number, seconds: number }} Round */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '20' }, kept: { type: 'string' } },
});
const wanted = Number(values.rounds);
const folder = resolve(values.kept ?? join(tmpdir(), `hotset-rounds-${process.pid}`));
const list = join(folder, 'rounds.jsonl');
const chosen = positionals.length > 0 ? positionals : suites.filter((suite) => suite.startsWith('test:'));

/** @returns {Round[]} */
function kept() {
  if (!existsSync(list)) return [];
  const lines = readFileSync(list, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

/** @param {string} suite @param {number} round */
async function run(suite, round) {
  /** @type {Buffer[]} */
  const printed = [];
  const begin = performance.now();
  const counts = await runSuite(suite, (text) => printed.push(text));
  const seconds = Math.round((performance.now() - begin) / 1_000);
  appendFileSync(list, `${JSON.stringify({ suite, round, seconds, ...counts })}\n`);
  console.log(`${suite} ${round}: ${counts.passed} passed, ${counts.failed} failed in ${seconds} s`);
  if (counts.failed === 0) return;
  const log = join(folder, `${suite.replace(':', '-')}-${round}.log`);
  writeFileSync(log, Buffer.concat(printed));
  console.log(`  printed: ${log}`);
}

async function main() {
  mkdirSync(folder, { recursive: true });
  // A thread of this process, so that it ends with it however that comes about.
  const busy = new Worker('for (;;);', { eval: true });
  try {
    for (let round = 1; round <= wanted; round++) {
      for (const suite of chosen) {
        if (kept().some((one) => one.suite === suite && one.round === round)) continue;
        await run(suite, round);
      }
    }
  } finally {
    await busy.terminate();
  }
  const failures = kept().filter(({ failed }) => failed > 0);
  console.log(`${kept().length} rounds of suites, ${failures.length} with a failure; ${list}`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

await main();
