/** Where the bytes of a model come from: Hugging Face, a mirror of it, or a folder. */
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DownloadError } from './download-error.ts';
import { folderSource } from './folder-source.ts';
import { webSource } from './web-source.ts';
import type { CatalogueEntry } from '../catalogue.ts';

/** What the file must be. */
export interface Published {
  readonly bytes: number;
  readonly sha256: string;
}

export interface Source {
  /** For a person: a host's name, or a folder. */
  readonly name: string;
  /**
   * What the home itself says of the file; asked where the catalogue doesn't know.
   * @throws DownloadError
   */
  published(signal: AbortSignal): Promise<Published>;
  /**
   * Bytes of the file, from `from` on or, where the home can't begin there, from the start.
   * @throws DownloadError, also while they are read
   */
  open(from: number, expected: Published, signal: AbortSignal): Promise<Opened>;
}

export interface Opened {
  /** Where the bytes begin: 0 or what was asked for. */
  readonly from: number;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** How many came already and lie behind those that were taken. */
  readonly ahead?: () => number;
}

export const huggingFace = 'https://huggingface.co';

/**
 * @param mirror a base address that has Hugging Face's paths, a folder, or empty for Hugging Face itself
 * @throws DownloadError where it is none of these
 */
export function sourceOf(
  entry: CatalogueEntry,
  mirror: string,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): Source {
  const home = mirror.trim() === '' ? huggingFace : mirror.trim();
  if (isAbsolute(home)) return folderSource(entry, home);
  const protocol = URL.canParse(home) ? new URL(home).protocol : '';
  if (protocol === 'file:') return folderSource(entry, fileURLToPath(home));
  if (protocol === 'https:' || protocol === 'http:') {
    return webSource(entry, home.replace(/\/+$/, ''), fetch);
  }
  throw new DownloadError(
    'refused',
    `${home} is no place for models: give an address that begins with https://, or the path of a folder`,
  );
}
