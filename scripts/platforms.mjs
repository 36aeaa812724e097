/**
 * Where the ready-built ggml and llama.cpp libraries of each platform lie. Only linux-x64 is tried by the tests; the
 * others follow the layout of their packages. The lock file pins those for Linux; setup.mjs adds the one of another
 * platform there.
 */

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
