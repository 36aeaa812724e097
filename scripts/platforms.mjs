/**
 * Where the ready-built ggml and llama.cpp libraries of each platform lie. Only linux-x64 is tried by the tests; the
 * others follow the layout of their packages. The lock file pins those for Linux; setup.mjs adds the one of another
 * platform there.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './node24.mjs';

/** @typedef {{ package: string, folder: string }} Platform */

/** @type {Record<string, Platform>} keys are `<process.platform>-<process.arch>` */
export const platforms = {
  'linux-x64': { package: '@node-llama-cpp/linux-x64-vulkan', folder: 'bins/linux-x64-vulkan' },
  'linux-arm64': { package: '@node-llama-cpp/linux-arm64', folder: 'bins/linux-arm64' },
  'darwin-arm64': { package: '@node-llama-cpp/mac-arm64-metal', folder: 'bins/mac-arm64-metal' },
  'darwin-x64': { package: '@node-llama-cpp/mac-x64', folder: 'bins/mac-x64' },
  'win32-x64': { package: '@node-llama-cpp/win-x64-vulkan', folder: 'bins/win-x64-vulkan' },
  'win32-arm64': { package: '@node-llama-cpp/win-arm64', folder: 'bins/win-arm64' },
};

/**
 * What the libraries of a platform are and what they were built from.
 * @param {string} target a key of {@link platforms}
 * @returns {{ package: string, version: string, release: string, integrity: string }} `integrity` as the lock file has it
 */
export function readyBuiltLibraries(target) {
  const platform = platforms[target];
  if (platform === undefined) throw new Error(`there are no ready-built llama.cpp libraries for ${target}`);
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const { version, integrity } = lock.packages[`node_modules/${platform.package}`] ?? {};
  if (version === undefined) throw new Error(`package-lock.json does not say what ${platform.package} is`);
  const built = join(root, 'node_modules', platform.package, platform.folder, '_nlcBuildMetadata.json');
  const { release } = JSON.parse(readFileSync(built, 'utf8')).buildOptions.llamaCpp;
  return { package: platform.package, version, release, integrity };
}
