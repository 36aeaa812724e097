/**
 * Builds and runs the native tests; arguments go to doctest (`--test-case="vocabulary*"` for example).
 */
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** ggml takes a Vulkan driver in software only where it is named: Mesa's stands in for a GPU. */
const environment = { GGML_VK_VISIBLE_DEVICES: '0', ...process.env };

/** @param {string} command @param {string[]} args */
function run(command, args) {
  execFileSync(command, args, { cwd: root, stdio: 'inherit', env: environment });
}

try {
  run(process.execPath, [join(root, 'scripts', 'build-native.mjs'), '--target', 'hotset_tests']);
  run(join(root, 'build', 'native', 'hotset_tests'), process.argv.slice(2));
} catch {
  // Whatever failed has said so.
  process.exit(1);
}
