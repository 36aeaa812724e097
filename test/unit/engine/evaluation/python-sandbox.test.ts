/** Programs that a sandbox has to survive. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { PythonSandbox, sandboxLimits } from '../../../../extension/engine/evaluation/python-sandbox.ts';

const never = new AbortController().signal;
/** Some systems let nobody but root make namespaces; others have none. */
const hasNamespaces =
  spawnSync('python3', ['-c', 'import ctypes; exit(ctypes.CDLL(None).unshare(0x50000000) != 0)']).status ===
  0;
let sandbox: PythonSandbox;

suite('a Python sandbox', { skip: process.platform === 'win32' && 'Windows has no such limits' }, () => {
  before(async () => {
    sandbox = await PythonSandbox.open({ ...sandboxLimits, cpuSeconds: 2 });
  });

  async function outcomeOf(program: string): Promise<string> {
    return (await sandbox.run(program, never)).outcome;
  }

  test('a program that runs to its end passes, with what it wrote', async () => {
    const run = await sandbox.run('print("α" * 3)', never);
    assert.deepEqual(run, { outcome: 'passed', output: 'ααα\n' });
  });

  test('an error, an early exit and a syntax error fail', async () => {
    const { outcome, output } = await sandbox.run('assert 1 == 2, "no"', never);
    assert.equal(outcome, 'failed');
    assert.match(output, /AssertionError: no/);
    for (const program of ['import os; os._exit(0)', 'raise SystemExit(0)', 'def (:'])
      assert.equal(await outcomeOf(program), 'failed', program);
  });

  test('a program that writes where the sandbox listens does not pass by it', async () => {
    assert.equal(await outcomeOf('import os\nwhile True: os.write(3, b"x" * 65536)'), 'outputLimit');
    assert.equal(await outcomeOf('import os\nos.write(3, b"passed")'), 'outputLimit');
  });

  test('an endless loop ends when its processor time is over', async () => {
    assert.equal(await outcomeOf('while True: pass'), 'timeLimit');
  });

  test('a program that sleeps ends when its time by the clock is over', async () => {
    const impatient = await PythonSandbox.open({ ...sandboxLimits, wallMilliseconds: 3_000 });
    const { outcome } = await impatient.run('import time; time.sleep(600)', never);
    assert.equal(outcome, 'timeLimit');
  });

  test('a fork bomb does not get its first child, nor a thread', async () => {
    const program = 'import os\nwhile True:\n  os.fork()';
    const { outcome, output } = await sandbox.run(program, never);
    assert.equal(outcome, 'failed');
    assert.match(output, /BlockingIOError/);
    assert.equal(await outcomeOf('import threading\nthreading.Thread(target=print).start()'), 'failed');
  });

  test('a memory hog gets an error', async () => {
    const { outcome, output } = await sandbox.run('x = bytearray(8 << 30)', never);
    assert.equal(outcome, 'failed');
    assert.match(output, /MemoryError/);
  });

  test('huge output ends a program, and is cut', async () => {
    const { outcome, output } = await sandbox.run('while True: print("x" * 1000)', never);
    assert.equal(outcome, 'outputLimit');
    assert.ok(output.length <= sandboxLimits.outputBytes);
  });

  test('a huge file can not be written', async () => {
    assert.equal(await outcomeOf('open("big", "wb").write(bytes(4 << 20))'), 'failed');
    assert.equal(await outcomeOf('open("small", "wb").write(bytes(1 << 10))'), 'passed');
  });

  test('its folder is empty, its own, and gone afterwards', async () => {
    const { outcome, output } = await sandbox.run(
      'import os\nassert os.listdir() == []\nopen("left", "w").write("x")\nprint(os.getcwd())',
      never,
    );
    assert.equal(outcome, 'passed');
    assert.ok(!existsSync(output.trim()));
  });

  test('neither the environment nor installed packages are seen', async () => {
    process.env['HOTSET_SECRET'] = 'x';
    assert.equal(await outcomeOf('import os\nassert "HOTSET_SECRET" not in os.environ'), 'passed');
    delete process.env['HOTSET_SECRET'];
    assert.equal(await outcomeOf('import sys\nassert not any("packages" in p for p in sys.path)'), 'passed');
  });

  test('cancelling kills the program at once', async () => {
    const controller = new AbortController();
    const running = sandbox.run('import time; time.sleep(600)', controller.signal);
    controller.abort();
    assert.equal((await running).outcome, 'cancelled');
  });

  test(
    'as root: a file of root stays as it is',
    { skip: process.getuid?.() !== 0 && 'not root' },
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'hotset-victim-'));
      const file = join(folder, 'file');
      writeFileSync(file, 'kept');
      assert.equal(await outcomeOf(`open(${JSON.stringify(file)}, "w")`), 'failed');
      assert.equal(readFileSync(file, 'utf8'), 'kept');
      rmSync(folder, { recursive: true });
    },
  );

  test('this machine can not be reached', { skip: !hasNamespaces && 'no namespaces' }, async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    t.after(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    const program = `import socket\nsocket.create_connection(("127.0.0.1", ${String(address.port)}), 5)`;
    const { outcome, output } = await sandbox.run(program, never);
    assert.equal(outcome, 'failed', 'a sandbox with a network of its own');
    assert.match(output, /OSError|Error/);
  });
});
