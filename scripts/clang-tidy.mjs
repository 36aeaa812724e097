/**
 * The pinned clang-tidy, from PyPI: its findings, and how long it takes, are the same on every system.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './node24.mjs';

const requirements = join(root, 'scripts', 'clang-tidy.txt');
const folder = join(root, 'build', 'clang-tidy');
const stamp = join(folder, '.installed-from');

export const clangTidy = join(folder, 'bin', 'clang-tidy');

/** Installs it into a virtual environment under `build`, unless the very same is there. Needs Python's `venv`. */
export function installClangTidy() {
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log('setup: clang-tidy');
  rmSync(folder, { recursive: true, force: true });
  execFileSync('python3', ['-m', 'venv', folder], { stdio: ['ignore', 'inherit', 'inherit'] });
  const pip = join(folder, 'bin', 'pip');
  const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:'];
  execFileSync(pip, ['install', ...options, '--require-hashes', '-r', requirements], { stdio: 'inherit' });
  writeFileSync(stamp, wanted);
}
