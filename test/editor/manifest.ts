/** What the manifest promises to a person: the palette's titles. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/node24.mjs';

interface Manifest {
  contributes: { commands: { command: string; title: string; category?: string }[] };
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;

/** The command as the palette lists it, "Category: Title". */
export function paletteTitle(command: string): string {
  const found = manifest.contributes.commands.find((entry) => entry.command === command);
  if (found === undefined) throw new Error(`the manifest has no command ${command}`);
  return found.category === undefined ? found.title : `${found.category}: ${found.title}`;
}
