import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const runtimes = { address: 'asan', thread: 'tsan', fuzzer: 'fuzzer' };

/**
 * Clang tells where it looks for a file, or gives back the name of one that it does not find.
 * @param {string} sanitizer `address`, `thread` or `fuzzer`
 * @throws where clang++ is missing, or what it links instrumented programs with
 */
export function requireClang(sanitizer) {
  const architecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const runtime = runtimes[/** @type {keyof typeof runtimes} */ (sanitizer)];
  const file = `libclang_rt.${runtime}-${architecture}.a`;
  const { stdout } = spawnSync('clang++', [`-print-file-name=${file}`], { encoding: 'utf8' });
  if (existsSync((stdout ?? '').trim())) return;
  throw new Error(
    `clang builds what is instrumented, with its ${file}; on Debian: apt-get install clang libclang-rt-dev`,
  );
}
