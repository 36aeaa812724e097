/** Where Hotset keeps what it can make again. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `hotset` in the user's cache folder; it need not exist yet. */
export function cacheFolder(): string {
  return join(userCacheFolder(), 'hotset');
}

function userCacheFolder(): string {
  const home = homedir();
  if (process.platform === 'win32') return process.env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local');
  if (process.platform === 'darwin') return join(home, 'Library', 'Caches');
  // By the XDG specification an empty one is as good as none.
  const named = process.env['XDG_CACHE_HOME'] ?? '';
  return named === '' ? join(home, '.cache') : named;
}
