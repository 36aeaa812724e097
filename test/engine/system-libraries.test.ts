/** What ships asks for no newer C and C++ libraries than RHEL 9 and Ubuntu 22.04 have. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../dist/native', import.meta.url));
const newest = { GLIBC: [2, 34], GLIBCXX: [3, 4, 29] } as const;
/** ggml leaves a backend out that does not load: without it there is no GPU. */
const optional = /^libggml-(vulkan|cuda)/;

/** What it prints; null where there is no such program. */
function output(program: string, option: string): string | null {
  try {
    return execFileSync(program, [option], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return null;
  }
}

/** A newer compiler's library gives symbols that older systems lack: what ships is built with GCC 12 at most. */
function reasonToSkip(): string | false {
  if (process.platform !== 'linux') return 'Linux alone';
  if (output('objdump', '--version') === null) return 'objdump is missing';
  const compiler = Number.parseInt(output('g++', '-dumpversion') ?? '', 10);
  return compiler <= 12 ? false : 'built with another compiler than what ships';
}

/** The versions of `library` that a file asks for. */
function versions(file: string, library: keyof typeof newest): number[][] {
  const symbols = execFileSync('objdump', ['-T', join(folder, file)], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const found = symbols.matchAll(new RegExp(`\\(${library}_([\\d.]+)\\)`, 'g'));
  return [...found].map(([, version = '']) => version.split('.').map(Number));
}

function isNewer(version: readonly number[], than: readonly number[]): boolean {
  const place = version.findIndex((part, index) => part !== (than[index] ?? 0));
  return place >= 0 && (version[place] ?? 0) > (than[place] ?? 0);
}

void test('glibc 2.34 and GLIBCXX_3.4.29 are enough', { skip: reasonToSkip() }, () => {
  const files = readdirSync(folder).filter((name) => /\.(node|so)$/.test(name) && !optional.test(name));
  assert.ok(files.includes('hotset.node'));
  for (const file of files) {
    for (const library of ['GLIBC', 'GLIBCXX'] as const) {
      const tooNew = versions(file, library).filter((version) => isNewer(version, newest[library]));
      assert.deepEqual(tooNew, [], `${file} asks for ${library}`);
    }
  }
});
