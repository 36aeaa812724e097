/**
 * The developers' tools (vsce, test-electron, code-server) and TypeScript without a build step need a newer Node than
 * the product does. npm brings it as a dependency; where that has no package for the platform, the system's must do.
 */
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @returns {string} path of a Node executable of version 24 or newer */
export function node24() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const bundled = join(root, 'node_modules', `node-${platform}-${process.arch}`, 'bin', name);
  if (existsSync(bundled)) return bundled;
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath;
  throw new Error(
    `developing Hotset on ${process.platform}-${process.arch} needs Node 24 or newer (this is ${process.versions.node})`,
  );
}

/** @returns {NodeJS.ProcessEnv} the environment with Node 24 first on the path */
export function environmentWithNode24() {
  return { ...process.env, PATH: `${dirname(node24())}${delimiter}${process.env['PATH'] ?? ''}` };
}
