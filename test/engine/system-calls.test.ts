/** What the engine asks of the system while it works: no network, and no file written but in its own folders. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { humanEvalFile, humanEvalRow } from '../unit/engine/evaluation/programs/suites.ts';
import { root } from './model.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-calls-'));
const corpus = join(root, 'test', 'fixtures');
const calls = '%network,open,openat,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat';

// Programs that are evaluated run as nobody, in folders of their own within.
chmodSync(folder, 0o755);

after(() => {
  rmSync(folder, { recursive: true });
});

/** Where a process may not be traced nobody can look. */
function reasonToSkip(): string | false {
  if (process.platform !== 'linux') return 'Linux alone has strace';
  const probe = spawnSync('strace', ['-f', '-e', 'trace=openat', 'true'], { stdio: 'ignore' });
  return probe.status === 0 ? false : 'strace is missing, or may not trace';
}

/** @returns the calls that the command and all its children made and that succeeded, one a line */
function traced(command: readonly string[]): string[] {
  const log = join(folder, 'calls.txt');
  const options = ['-f', '-qq', '-s', '300', '-e', `trace=${calls}`, '-o', log];
  execFileSync('strace', [...options, process.execPath, ...command], {
    env: { ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), TMPDIR: folder },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const lines = readFileSync(log, 'utf8').split('\n');
  assert.ok(
    lines.some((line) => line.includes('hotset.node')),
    'the engine was not traced',
  );
  return lines.filter((line) => !line.includes(' = -1 E'));
}

/** A socket between a process and its child leaves no machine. */
function reachesOut(call: string): boolean {
  return /\b(socket|connect|bind|listen|accept4?|sendto)\(/.test(call) && !/AF_UNIX|NULL, 0\)/.test(call);
}

function writtenPath(call: string): string | null {
  const [, changed] = /\b(?:creat|rename\w*|unlink\w*|mkdir\w*)\((?:AT_FDCWD, )?"([^"]*)"/.exec(call) ?? [];
  const [, opened] = /\bopen(?:at)?\((?:AT_FDCWD, )?"([^"]*)", [^)]*O_(?:WRONLY|RDWR)/.exec(call) ?? [];
  return changed ?? opened ?? null;
}

function isItsOwn(path: string): boolean {
  return path.startsWith(`${folder}/`) || path.startsWith('/dev/') || path.startsWith('/proc/self/');
}

const subjects = {
  'completing on the command line': ['dist/cli.cjs', 'complete', 'test/fixtures/rectangle.ts:7:5'],
  'evaluating programs': [
    ...['dist/cli.cjs', 'evaluate', 'humaneval', humanEvalFile(folder, [humanEvalRow]), '--run-programs'],
    ...['--threads', '1', '--max-tokens', '12', '--thresholds', 'none,exact'],
    ...['--records', join(folder, 'records.jsonl'), '--report', join(folder, 'report.html')],
  ],
  'the engine completing, reading ahead and profiling': ['test/engine/engine-at-work.ts', folder, corpus],
};

for (const [name, [script = '', ...options]] of Object.entries(subjects)) {
  test(`${name} opens no connection and writes nothing elsewhere`, { skip: reasonToSkip() }, () => {
    const made = traced([join(root, script), ...options]);
    assert.deepEqual(made.filter(reachesOut), []);
    const written = made.map(writtenPath).filter((path) => path !== null);
    assert.deepEqual(
      written.filter((path) => !isItsOwn(path)),
      [],
    );
  });
}

test('a connection and a file elsewhere would be seen', { skip: reasonToSkip() }, () => {
  const code = [
    `require(${JSON.stringify(join(root, 'dist', 'native', 'hotset.node'))});`,
    "require('node:net').connect(9, '127.0.0.1').on('error', () => undefined);",
    "require('node:fs').writeFileSync('/tmp/hotset-elsewhere', '');",
    "require('node:fs').rmSync('/tmp/hotset-elsewhere');",
  ].join('');
  const made = traced(['-e', code]);
  assert.ok(made.some(reachesOut));
  assert.ok(made.map(writtenPath).includes('/tmp/hotset-elsewhere'));
});
