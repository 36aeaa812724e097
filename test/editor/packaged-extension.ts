import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/node24.mjs';

/** The package that was made for this machine. */
export function packagedExtension(): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const path = join(root, `hotset-${process.platform}-${process.arch}-${version}.vsix`);
  if (!existsSync(path)) throw new Error(`there is no ${path}: run \`npm run package\` first`);
  return path;
}
