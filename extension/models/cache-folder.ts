/** Where Hotset keeps what it can make again; `native/src/runtime/cache_folder.cpp` says the same. */
import { dirname } from 'node:path';
import envPaths from 'env-paths';

/** `hotset` in the user's cache folder; it need not exist yet. */
export function cacheFolder(): string {
  const { cache } = envPaths('hotset', { suffix: '' });
  // There, `Cache` would be one more folder in our own.
  return process.platform === 'win32' ? dirname(cache) : cache;
}
