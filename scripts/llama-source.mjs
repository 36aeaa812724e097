/**
 * Takes ggml's and llama.cpp's headers, and llama.cpp's tokenizer test vectors, out of the git bundle inside the npm
 * package `node-llama-cpp`, of the very release the ready-built libraries were made from. Only the one tarball is
 * fetched: the package's own dependencies would bring CUDA libraries of several hundred MB.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export const version = '3.22.1';
const integrity =
  'sha512-bltIipuWmc123H7tMIgDGKSsSrhmhlQYeVUC48XTjVW7XGJJiJJyCdlTMzQ/LiWoPkGDpcL4FviDpgw7qfTiDw==';
/** What the addon and its tests need, in the folder of this name below `build/`. */
const forAddon = {
  folder: `llama.cpp-${version}`,
  paths: ['include', 'ggml/include', 'src/llama-ext.h', 'models', 'LICENSE'],
};

/** @param {string} file */
function integrityOf(file) {
  return `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
}

/**
 * Leaves a part of the source tree in a folder below `<root>/build`, does nothing where it is whole already.
 * @param {string} root the repository
 * @param {{ folder: string, paths: string[] }} part
 * @returns {string} the folder
 */
export function fetchLlamaSource(root, { folder, paths } = forAddon) {
  const target = join(root, 'build', folder);
  if (paths.every((path) => existsSync(join(target, path)))) return target;

  mkdirSync(join(root, 'build'), { recursive: true });
  const scratch = mkdtempSync(join(root, 'build', 'fetch-'));
  try {
    const run = (/** @type {string} */ command, /** @type {string[]} */ args) =>
      execFileSync(command, args, {
        cwd: scratch,
        stdio: ['ignore', 'pipe', 'inherit'],
        shell: command === 'npm' && process.platform === 'win32',
      });
    run('npm', ['pack', '--silent', `node-llama-cpp@${version}`]);
    const tarball = join(scratch, `node-llama-cpp-${version}.tgz`);
    if (integrityOf(tarball) !== integrity) {
      throw new Error(`node-llama-cpp@${version}: the tarball's hash is not the pinned one`);
    }
    run('tar', ['xzf', tarball, 'package/llama/gitRelease.bundle']);
    run('git', ['clone', '--quiet', '--bare', 'package/llama/gitRelease.bundle', 'bundle.git']);
    run('git', ['--git-dir', 'bundle.git', 'archive', '--output', 'source.tar', 'HEAD', ...paths]);
    mkdirSync(join(scratch, 'source'));
    run('tar', ['xf', 'source.tar', '-C', 'source']);
    rmSync(target, { recursive: true, force: true });
    renameSync(join(scratch, 'source'), target);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return target;
}
