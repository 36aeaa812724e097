/** The packaged extension once more, as if it were another version. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param folder where it is put
 * @returns the path of the new package
 */
export function anotherVersion(vsix: string, version: string, folder: string): string {
  const work = mkdtempSync(join(folder, 'version-'));
  execFileSync('unzip', ['-q', vsix, '-d', work]);
  const manifest = join(work, 'extension', 'package.json');
  const content = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown>;
  const before = String(content['version']);
  writeFileSync(manifest, JSON.stringify({ ...content, version }));
  const list = join(work, 'extension.vsixmanifest');
  writeFileSync(list, readFileSync(list, 'utf8').replace(`Version="${before}"`, `Version="${version}"`));
  const path = join(folder, `hotset-${version}.vsix`);
  execFileSync('zip', ['-q', '-r', '-1', path, '.'], { cwd: work });
  return path;
}
