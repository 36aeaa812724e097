/** The files of a workspace folder that a model may be told of. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { isNeverEntered } from '../profile/corpus.ts';
import { IgnoreRules } from '../profile/ignore-rules.ts';
import { isSourceText, readSourceText } from '../profile/source-text.ts';
import { looksSecret } from '../../protocol/secret-names.ts';
import type { ReadFile } from './declarations.ts';
import type { WorkspacePath } from './imported-files.ts';

/**
 * Reads files below `folder`: not what ignore files leave out, looks secret, lies elsewhere behind a link, or is no text
 * that a person wrote.
 * @param folder absolute
 * @param unsaved texts that stand in for what lies on the disk, by path; the same rules hold for them
 */
export function filesBelow(
  folder: string,
  unsaved: ReadonlyMap<WorkspacePath, string> = new Map(),
): ReadFile {
  return (path) => {
    const file = join(folder, path);
    if (!existsSync(file) || !mayBeTold(folder, file)) return null;
    const text = unsaved.get(path) ?? readSourceText(file);
    return text !== null && isSourceText(text) ? text.replaceAll('\r\n', '\n') : null;
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
