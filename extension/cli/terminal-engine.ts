/** The engine in this very process: the same code the editor's engine process runs. */
import { Engine } from '../engine/engine.ts';
import { installationRoot } from '../engine/installation.ts';
import { loadAddon, type WriteLog } from '../engine/native.ts';
import { OtherEngines } from '../engine/other-engines.ts';
import type { NativeAddon } from '../engine/addon.ts';

export interface Installation {
  readonly root: string;
  readonly addon: NativeAddon;
  readonly log: WriteLog;
}

/** Warnings and errors go to stderr, the rest nowhere: stdout is for results. */
const log: WriteLog = (level, message) => {
  if (level === 'warn' || level === 'error') process.stderr.write(`${level}: ${message}\n`);
};

export function openInstallation(): Installation {
  const root = installationRoot(import.meta.dirname);
  return { root, addon: loadAddon(root, log), log };
}

export function openEngine(): Engine {
  return new Engine({ ...openInstallation(), others: new OtherEngines() });
}
