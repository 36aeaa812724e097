/**
 * Runs every suite, also after one has failed, and closes with the sum of their counts.
 *
 *     node scripts/test.mjs [SUITE...]
 */
import { setUp } from './setup.mjs';
import { runSuite, suites } from './suites.mjs';

async function main() {
  setUp('test');
  const chosen = process.argv.length > 2 ? process.argv.slice(2) : suites;
  const total = { passed: 0, failed: 0, skipped: 0 };
  const summary = [];
  for (const suite of chosen) {
    console.log(`\n=== ${suite}`);
    const start = performance.now();
    const counts = await runSuite(suite, (text) => process.stdout.write(text));
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
    summary.push(
      `${suite.padEnd(14)} ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${seconds} s`,
    );
  }
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  console.log(`\n${summary.join('\n')}\n\n${total.passed} passed, ${total.failed} failed${skipped}`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

main().catch((/** @type {unknown} */ error) => {
  console.error(`test: ${error instanceof Error ? error.message : String(error)}`);
  console.log('0 passed, 1 failed');
  process.exit(1);
});
