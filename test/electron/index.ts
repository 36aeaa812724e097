/** What VS Code calls to run the suite: resolves when every test passed. */
import { join } from 'node:path';
import Mocha from 'mocha';

export async function run(): Promise<void> {
  const output = process.env['HOTSET_TEST_RESULTS'];
  const mocha = new Mocha({
    ui: 'tdd',
    timeout: 60_000,
    ...(output === undefined ? {} : { reporter: 'json', reporterOptions: { output } }),
  });
  mocha.addFile(join(__dirname, 'suite.cjs'));
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failures > 0) throw new Error(`${String(failures)} tests failed`);
}
