/** The suites of tests: npm scripts that end with their counts. */
import { spawn } from 'node:child_process';
import { environmentWithNode24, root } from './node24.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** In the order they run; cheap ones first. */
export const suites = [
  'lint:ts',
  'lint:native',
  'test:unit',
  'test:native',
  'test:engine',
  'test:models',
  'test:training',
  'package',
  'test:package',
  'test:editor',
  'test:electron',
];

/** Well above what the slowest suite takes on two busy cores. */
const longestSuiteMinutes = 30;

/**
 * @param {string} output
 * @param {RegExp} pattern
 */
function sumOf(output, pattern) {
  return [...output.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0);
}

/**
 * Reads the closing lines of node's test runner, doctest and mocha. A command that prints none of them is one check.
 * @param {string} output
 * @param {number} exitCode
 * @returns {Counts}
 */
function countsOf(output, exitCode) {
  const passed =
    sumOf(output, /^(?:ℹ|#) pass (\d+)/gm) +
    sumOf(output, /test cases:.*?(\d+) passed/g) +
    sumOf(output, /^\s+(\d+) passing/gm);
  const failed =
    sumOf(output, /^(?:ℹ|#) fail (\d+)/gm) +
    sumOf(output, /test cases:.*?(\d+) failed/g) +
    sumOf(output, /^\s+(\d+) failing/gm);
  const skipped = sumOf(output, /^(?:ℹ|#) skipped (\d+)/gm) + sumOf(output, /^\s+(\d+) pending/gm);
  if (passed + failed + skipped === 0)
    return { passed: exitCode === 0 ? 1 : 0, failed: exitCode === 0 ? 0 : 1, skipped: 0 };
  // A suite may count no failure and still fail: a crash while it was torn down, for example.
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed, skipped };
}

/**
 * @param {string} script
 * @param {(text: Buffer) => void} show called with what it prints
 * @returns {Promise<Counts>}
 */
export function runSuite(script, show) {
  return new Promise((resolve) => {
    const child = spawn('npm', ['run', '--silent', script], {
      cwd: root,
      env: environmentWithNode24(),
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
      // A group of its own, so that a suite that hangs is ended with all it has started.
      detached: process.platform !== 'win32',
    });
    const limit = setTimeout(() => {
      show(Buffer.from(`${script} took longer than ${longestSuiteMinutes} minutes: ended\n`));
      if (child.pid !== undefined) process.kill(process.platform === 'win32' ? child.pid : -child.pid);
    }, longestSuiteMinutes * 60_000);
    let output = '';
    child.stdout.on('data', (/** @type {Buffer} */ chunk) => {
      output += chunk.toString();
      show(chunk);
    });
    child.stderr.on('data', show);
    child.on('close', (code) => {
      clearTimeout(limit);
      resolve(countsOf(output, code ?? 1));
    });
  });
}
