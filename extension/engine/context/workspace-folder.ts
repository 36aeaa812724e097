/** The files of a workspace folder that a model may be told of. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { isNeverEntered } from '../profile/corpus.ts';
import { IgnoreRules } from '../profile/ignore-rules.ts';
import { readSourceText } from '../profile/source-text.ts';
import { looksSecret } from './secret-names.ts';
import type { ReadFile } from './declarations.ts';

/**
 * Reads files below `folder`: not what ignore files leave out, looks secret, lies elsewhere behind a link, or is no text
 * that a person wrote.
 * @param folder absolute
 */
export function filesBelow(folder: string): ReadFile {
  return (path) => {
    const file = join(folder, path);
    if (!existsSync(file)) return null;
    return mayBeTold(folder, file) ? (readSourceText(file)?.replaceAll('\r\n', '\n') ?? null) : null;
  };
}

function mayBeTold(folder: string, file: string): boolean {
  const root = realpathSync(folder);
  const real = realpathSync(file);
  if (!real.startsWith(root + sep)) return false;
  return !looksSecret(relative(root, real).split(sep).join('/')) && !isLeftOut(root, real);
}

function isLeftOut(root: string, file: string): boolean {
  const names = relative(root, dirname(file)).split(sep);
  let rules = IgnoreRules.at(root);
  let folder = root;
  for (const name of names.filter((part) => part !== '')) {
    folder = join(folder, name);
    if (isNeverEntered(name) || rules.ignores(folder, true)) return true;
    rules = rules.inside(folder);
  }
  return rules.ignores(file, false);
}
