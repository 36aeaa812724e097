/** The embedded model and the built addon, for tests that drive the real thing. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { embeddedModelPath as shippedModelPath } from '../../extension/engine/installation.ts';
import type { NativeAddon, NativeGenerateOptions, NativeLoadOptions } from '../../extension/engine/addon.ts';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export const addonPath = join(root, 'dist', 'native', 'hotset.node');

/** `HOTSET_TEST_MODEL` names another model to test with. */
export function embeddedModelPath(): string {
  return process.env['HOTSET_TEST_MODEL'] ?? shippedModelPath(root);
}

/** Not yet initialised. */
export function requireAddon(): NativeAddon {
  return createRequire(import.meta.url)(addonPath) as NativeAddon;
}

export const loadOptions: NativeLoadOptions = {
  path: embeddedModelPath(),
  decoder: 'auto',
  mode: 'auto',
  profilePath: null,
  hotThreshold: 0.5,
  contextLength: 1024,
  threads: 2,
  kernel: 'auto',
};

/** Greedy, 24 tokens, no other limit: not even where the model would end the text. */
export const generateOptions: NativeGenerateOptions = {
  maxTokens: 24,
  maxLines: 0,
  maxMilliseconds: 0,
  temperature: 0,
  topK: 40,
  topP: 0.95,
  minP: 0.05,
  seed: 1,
  ignoreEndOfText: true,
  draft: false,
};
