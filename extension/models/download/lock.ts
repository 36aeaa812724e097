/**
 * One process at a time: a file that its holder touches. A holder that crashed touches nothing, and after a while somebody
 * else may take over; whether its process id still exists would tell nothing, as ids are used again.
 */
import { randomUUID } from 'node:crypto';
import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';

const touchEveryMs = 3_000;
const staleAfterMs = 20_000;

export interface Lock {
  release(): Promise<void>;
}

/** @returns null where another process holds it */
export async function tryLock(path: string): Promise<Lock | null> {
  await removeStale(path);
  const mark = randomUUID();
  try {
    await writeFile(path, mark, { flag: 'wx' });
  } catch (error) {
    if (isCode(error, 'EEXIST')) return null;
    throw error;
  }
  const timer = setInterval(() => {
    const now = new Date();
    void utimes(path, now, now).catch(() => undefined);
  }, touchEveryMs);
  timer.unref();
  return {
    release: async () => {
      clearInterval(timer);
      const isOurs = (await readFile(path, 'utf8').catch(() => '')) === mark;
      if (isOurs) await rm(path, { force: true });
    },
  };
}

async function removeStale(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found !== null && Date.now() - found.mtimeMs > staleAfterMs) await rm(path, { force: true });
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
