/** Where downloaded models lie, and what of a catalogue's model lies there. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import type { CatalogueEntry } from './catalogue.ts';

/** `carried`: it came with Hotset; `absent`; `partial`: a download was paused or cut off; `present`; `damaged`: not as long as the published file. */
export interface ModelState {
  readonly kind: 'carried' | 'absent' | 'partial' | 'present' | 'damaged';
  /** What lies there, in bytes. */
  readonly bytes: number;
}

/** One folder for all windows and the command line; it need not exist yet. */
export function modelFolder(): string {
  return join(cacheFolder(), 'models');
}

export function modelPath(entry: CatalogueEntry, folder: string): string {
  return join(folder, entry.file.name);
}

/** @param sha256 of the whole file: parts of another version are never taken for parts of this one */
export function partPath(entry: CatalogueEntry, folder: string, sha256: string): string {
  return `${modelPath(entry, folder)}.${sha256.slice(0, 12)}.part`;
}

/** Looks at names and lengths alone; `verify` reads. */
export async function modelState(entry: CatalogueEntry, folder: string): Promise<ModelState> {
  const whole = await sizeOf(modelPath(entry, folder));
  if (whole !== null) {
    const isWhole = whole === (entry.file.bytes ?? whole);
    return { kind: isWhole ? 'present' : 'damaged', bytes: whole };
  }
  const [part] = await partsOf(entry, folder);
  const bytes = part === undefined ? null : await sizeOf(part);
  return bytes === null ? { kind: 'absent', bytes: 0 } : { kind: 'partial', bytes };
}

/** Takes away what a paused download left. */
export async function discardParts(entry: CatalogueEntry, folder: string): Promise<void> {
  for (const part of await partsOf(entry, folder)) await rm(part, { force: true });
}

/** Takes away the model, whole or in parts, and what was noted of it. */
export async function removeModel(entry: CatalogueEntry, folder: string): Promise<void> {
  await rm(modelPath(entry, folder), { force: true });
  await rm(`${modelPath(entry, folder)}.sha256`, { force: true });
  await discardParts(entry, folder);
}

async function partsOf(entry: CatalogueEntry, folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names
    .filter((name) => name.startsWith(`${entry.file.name}.`) && name.endsWith('.part'))
    .map((name) => join(folder, name));
}

/** @returns null where there is no such file */
export async function sizeOf(path: string): Promise<number | null> {
  const found = await stat(path).catch(() => null);
  return found?.isFile() === true ? found.size : null;
}
