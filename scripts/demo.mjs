/**
 * Sets everything up and completes a line of a real file.
 *
 *     node scripts/demo.mjs [NAME]      with a model of the catalogue, downloaded where it is not there yet
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { node24, root } from './node24.mjs';

const place = 'test/fixtures/rectangle.ts:7:5';
const [name] = process.argv.slice(2);

/** @param {string[]} args @param {import('node:child_process').StdioOptions} stdio */
function run(args, stdio = 'inherit') {
  return execFileSync(node24(), args, { cwd: root, stdio, encoding: 'utf8' });
}

/** @param {string} name @returns {string} */
function downloaded(name) {
  const answer = run(['dist/cli.cjs', 'models', 'download', name, '--json'], ['inherit', 'pipe', 'inherit']);
  return JSON.parse(answer).downloaded[0].path;
}

try {
  execFileSync(process.execPath, [join(root, 'scripts', 'setup.mjs')], { stdio: 'inherit' });
  const model = name === undefined ? [] : ['--model', downloaded(name)];
  run(['dist/cli.cjs', 'complete', place, ...model]);
} catch (error) {
  // Programs that fail say so themselves.
  const { status } = /** @type {{ status?: number }} */ (error);
  if (status === undefined) console.error(`demo: ${String(error)}`);
  process.exitCode = status ?? 1;
}
