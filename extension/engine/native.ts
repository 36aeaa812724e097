/** Loads `hotset.node`, the one piece of native code. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { NativeAddon } from './addon.ts';
import { EngineError } from './errors.ts';
import { addonPath } from './installation.ts';
import { whyItDoesNotLoad } from './load-trouble.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type WriteLog = (level: LogLevel, message: string) => void;

/** @throws EngineError when the addon is missing or does not fit this machine */
export function loadAddon(root: string, log: WriteLog): NativeAddon {
  const path = addonPath(root);
  if (!existsSync(path)) {
    throw new EngineError(
      'internal',
      `${path} is missing: install Hotset again, or run npm run build:native`,
    );
  }
  const addon = requireAddon(path);
  addon.initialise(log);
  return addon;
}

function requireAddon(path: string): NativeAddon {
  try {
    return createRequire(path)(path) as NativeAddon;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
    throw new EngineError('internal', whyItDoesNotLoad(reason, path), { cause: error });
  }
}
