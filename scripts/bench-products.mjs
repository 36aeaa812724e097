/**
 * Builds and runs native/bench/products_bench.cpp with two threads:
 *
 *     node scripts/bench-products.mjs [TYPE...]
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { nativeBuildFolder } from './native-build-folder.mjs';
import { root } from './node24.mjs';

const name = 'hotset_products_bench';
const threads = '2';
try {
  const build = [join(root, 'scripts', 'build-native.mjs'), '--target', name];
  execFileSync(process.execPath, build, { cwd: root, stdio: 'inherit' });
  // The backends themselves tell, on standard error, which processor's code they chose.
  const program = join(nativeBuildFolder(''), name);
  execFileSync(program, [threads, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
} catch {
  // Whatever failed has said so.
  process.exit(1);
}
