import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';

/** @returns the bytes of every file in a ZIP file, by its path there */
export function zipEntries(file: string): Map<string, Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'hotset-zip-'));
  try {
    execFileSync('python3', ['-m', 'zipfile', '-e', file, folder]);
    const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
    return new Map(
      entries
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name))
        .map((path) => [relative(folder, path).split(sep).join('/'), readFileSync(path)]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
