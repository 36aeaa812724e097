import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Where native/ is built: with sanitizers apart from the addon.
 * @param {string} sanitizer `address`, `thread`, `fuzzer` or nothing
 */
export function nativeBuildFolder(sanitizer) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  return join(root, 'build', sanitizer === '' ? 'native' : `native-${sanitizer}`);
}
