/**
 * Runs native tests under QEMU on x86 processors that know less than this one: one before AVX, one with AVX2 and no
 * more. An instruction that they don't know ends the tests.
 *
 *     node scripts/test-old-x86.mjs [DOCTEST ARGUMENT...]
 *
 * Arguments of doctest choose other tests.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { nativeBuildFolder } from './native-build-folder.mjs';
import { root } from './node24.mjs';

/** QEMU's names of processors. */
const processors = ['Nehalem', 'Haswell'];

/** Kernels by themselves, and a whole model by ours and by ggml's, which chooses its own variant for the processor. */
const fewTests = '--source-file=*kernels_test*,*signs_test*,*product_node_test*,*hybrid_dense_test*';

/** @param {string} command @param {string[]} args */
function run(command, args) {
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
}

try {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('this is for x86 machines with Linux');
  run(process.execPath, [join(root, 'scripts', 'build-native.mjs'), '--target', 'hotset_tests']);
  const tests = process.argv.length > 2 ? process.argv.slice(2) : [fewTests];
  for (const processor of processors) {
    console.log(`test-old-x86: on a ${processor}`);
    run('qemu-x86_64', ['-cpu', processor, join(nativeBuildFolder(''), 'hotset_tests'), ...tests]);
  }
} catch (error) {
  // A failed command has already printed what is wrong.
  console.error(`test-old-x86: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
