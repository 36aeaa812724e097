/**
 * Builds and runs the native tests, with sanitizers where they are asked for:
 *
 *     node scripts/test-native.mjs [--sanitize address|thread] [DOCTEST ARGUMENT...]
 *
 * address: AddressSanitizer and UndefinedBehaviorSanitizer. An argument of doctest is `--test-case="vocabulary*"` for
 * example.
 */
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nativeBuildFolder } from './native-build-folder.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const environment = {
  // ggml takes a Vulkan driver in software only where it is named: Mesa's stands in for a GPU.
  GGML_VK_VISIBLE_DEVICES: '0',
  LSAN_OPTIONS: `suppressions=${join(root, 'native', 'test', 'leaks-elsewhere.txt')}`,
  TSAN_OPTIONS: `suppressions=${join(root, 'native', 'test', 'races-elsewhere.txt')}`,
  ...process.env,
};

/** @param {string} command @param {string[]} args */
function run(command, args) {
  execFileSync(command, args, { cwd: root, stdio: 'inherit', env: environment });
}

const sanitized = process.argv[2] === '--sanitize';
const sanitizer = sanitized ? (process.argv[3] ?? '') : '';
if (sanitized && sanitizer !== 'address' && sanitizer !== 'thread') {
  console.error('test-native: --sanitize takes address or thread');
  process.exit(2);
}

try {
  const options = sanitized ? ['--sanitize', sanitizer] : [];
  run(process.execPath, [join(root, 'scripts', 'build-native.mjs'), '--target', 'hotset_tests', ...options]);
  run(join(nativeBuildFolder(sanitizer), 'hotset_tests'), process.argv.slice(sanitized ? 4 : 2));
} catch {
  // Whatever failed has said so.
  process.exit(1);
}
