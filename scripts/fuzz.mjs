/**
 * Fuzzes what reads files, text and messages of strangers:
 *
 *     npm run fuzz                                      every target, a minute each
 *     npm run fuzz -- TARGET [SECONDS] [--kept FOLDER]  one of them, or `all`, for so long
 *                     [--patience SECONDS]              with one input, where processes are halted for others, say
 *
 * Targets of native/fuzz run under libFuzzer with AddressSanitizer and UndefinedBehaviorSanitizer, those of test/fuzz
 * by fast-check. What reaches something new natively is kept in build/fuzz/corpus, so the next run goes on from there; an
 * input that breaks something goes to build/fuzz/found, and fails the run. With --kept, both are in that folder instead,
 * beside `runs.jsonl`, which tells of every run: hours add up over working copies that come and go.
 */
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { requireClang } from './clang.mjs';
import { nativeBuildFolder } from './native-build-folder.mjs';
import { node24, root } from './node24.mjs';

/** @typedef {{ name: string, command: string, argumentsFor: (name: string, seconds: number) => string[] }} Target */
/** @typedef {{ passed: boolean, executions: number, edges: number }} Outcome */

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  // Far more than any input takes, on a busy machine too.
  options: { kept: { type: 'string' }, patience: { type: 'string', default: '25' } },
});
const folder = options.kept === undefined ? join(root, 'build', 'fuzz') : resolve(options.kept);
const found = join(folder, 'found');
const longestInput = 65_536;
const memoryMiB = 2_048;

/** @param {...string} names */
function made(...names) {
  const path = join(folder, ...names);
  mkdirSync(path, { recursive: true });
  return path;
}

/** Builds the targets, and writes what they begin with. @returns {Target[]} */
function nativeTargets() {
  requireClang('fuzzer');
  const build = nativeBuildFolder('fuzzer');
  const script = join(root, 'scripts', 'build-native.mjs');
  // Targets are linked with the ordinary build's archive.
  for (const options of [['hotset_core'], ['hotset_fuzzers', '--sanitize', 'fuzzer']]) {
    execFileSync(node24(), [script, '--target', ...options], { cwd: root, stdio: 'inherit' });
  }
  rmSync(join(folder, 'seeds'), { recursive: true, force: true });
  execFileSync(join(build, 'hotset_fuzz_seeds'), [made('seeds')]);
  return readdirSync(build)
    .filter((name) => name.startsWith('fuzz_'))
    .map((name) => ({
      name: name.slice('fuzz_'.length),
      command: join(build, name),
      argumentsFor: fuzzerArguments,
    }));
}

/** @returns {Target[]} */
function scriptTargets() {
  return ['http', 'kept_figures', 'rpc'].map((name) => ({
    name,
    command: node24(),
    argumentsFor: scriptArguments,
  }));
}

/** @param {string} name @param {number} seconds @returns {string[]} of libFuzzer, and the folders of inputs */
function fuzzerArguments(name, seconds) {
  return [
    `-max_total_time=${seconds}`,
    `-max_len=${longestInput}`,
    `-rss_limit_mb=${memoryMiB}`,
    `-timeout=${options.patience}`,
    '-print_final_stats=1',
    // libllama keeps what it has read of the parts before one that it refuses.
    ...(name === 'split' ? ['-detect_leaks=0'] : []),
    `-artifact_prefix=${found}/${name}-`,
    made('corpus', name),
    made('seeds', name),
  ];
}

/** @param {string} name @param {number} seconds @returns {string[]} */
function scriptArguments(name, seconds) {
  return [join(root, 'test', 'fuzz', 'run.ts'), name, String(seconds)];
}

/** @param {string} output @param {RegExp} pattern @returns {string} what the last match says */
function last(output, pattern) {
  return [...output.matchAll(pattern)].at(-1)?.[1] ?? '0';
}

/** @param {Target} target @param {number} seconds @returns {Promise<Outcome>} */
function run(target, seconds) {
  return new Promise((resolve, reject) => {
    const child = spawn(target.command, target.argumentsFor(target.name, seconds), {
      cwd: root,
      env: {
        ...process.env,
        HOTSET_FUZZ_PATIENCE: options.patience,
        ASAN_OPTIONS: 'allocator_may_return_null=0',
        LSAN_OPTIONS: `suppressions=${join(root, 'native', 'test', 'leaks-elsewhere.txt')}:print_suppressions=0`,
        UBSAN_OPTIONS: 'print_stacktrace=1',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let output = '';
    child.stderr.on('data', (/** @type {Buffer} */ chunk) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== 0) console.error(output.slice(-8_000));
      resolve({
        passed: code === 0,
        executions: Number(last(output, /number_of_executed_units:\s*(\d+)/g)),
        edges: Number(last(output, /cov: (\d+)/g)),
      });
    });
  });
}

/** @param {string} name @param {Outcome} outcome */
function tell(name, { passed, executions, edges }) {
  const reached = edges === 0 ? '' : `, ${edges} edges`;
  const verdict = passed ? 'nothing found' : `broke; inputs lie in ${found}`;
  console.log(`${name.padEnd(14)} ${executions} executions${reached}: ${verdict}`);
}

/** @param {string} name @param {number} seconds that it ran @param {Outcome} outcome */
function record(name, seconds, outcome) {
  const ended = new Date().toISOString();
  const line = JSON.stringify({ ended, name, seconds: Math.round(seconds), ...outcome });
  appendFileSync(join(folder, 'runs.jsonl'), `${line}\n`);
}

/** As many at a time as there are processors. @param {Target[]} targets @param {number} seconds */
async function runAll(targets, seconds) {
  const waiting = [...targets];
  let passed = 0;
  const work = async () => {
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
      const begin = performance.now();
      const outcome = await run(target, seconds);
      tell(target.name, outcome);
      if (options.kept !== undefined) record(target.name, (performance.now() - begin) / 1_000, outcome);
      if (outcome.passed) passed += 1;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return passed;
}

async function main() {
  const [wanted = 'all', seconds = '60'] = positionals;
  made('found');
  const scripts = scriptTargets();
  // Whoever wants one in TypeScript needs no clang.
  const isScript = scripts.some(({ name }) => name === wanted);
  const targets = [...scripts, ...(isScript ? [] : nativeTargets())].filter(
    ({ name }) => wanted === 'all' || name === wanted,
  );
  if (targets.length === 0) throw new Error(`there is no target ${wanted}`);
  const passed = await runAll(targets, Number(seconds));
  // As node's test runner closes, for scripts/test.mjs.
  console.log(`ℹ pass ${passed}\nℹ fail ${targets.length - passed}`);
  process.exitCode = passed === targets.length ? 0 : 1;
}

main().catch((/** @type {unknown} */ error) => {
  console.error(`fuzz: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
