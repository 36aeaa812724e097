/** Use case: read a downloaded model and say whether it is the published file. */
import { readFile } from 'node:fs/promises';
import type { CatalogueEntry } from './catalogue.ts';
import { sha256Of, type HashOptions } from './download/sha256.ts';
import { modelPath, modelState } from './model-folder.ts';

export type Verdict = 'right' | 'wrong' | 'absent' | 'unknown';

/** @returns `unknown`: it lies there, and nobody knows what its hash should be */
export async function verifyModel(
  entry: CatalogueEntry,
  folder: string,
  options: HashOptions = {},
): Promise<Verdict> {
  const { kind } = await modelState(entry, folder);
  if (kind === 'absent' || kind === 'partial') return 'absent';
  if (kind === 'damaged') return 'wrong';
  const path = modelPath(entry, folder);
  const expected = entry.file.sha256 ?? (await noted(path));
  if (expected === null) return 'unknown';
  return (await sha256Of(path, options)) === expected ? 'right' : 'wrong';
}

/** The hash that the home gave when the model was downloaded. */
async function noted(path: string): Promise<string | null> {
  const text = await readFile(`${path}.sha256`, 'utf8').catch(() => '');
  return /^[0-9a-f]{64}(?=\s)/.exec(text)?.[0] ?? null;
}
