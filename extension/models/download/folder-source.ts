/** A folder in place of Hugging Face: `FOLDER/OWNER/REPOSITORY/FILE`, or just `FOLDER/FILE`. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { CatalogueEntry } from '../catalogue.ts';
import { sizeOf } from '../model-folder.ts';
import { DownloadError } from './download-error.ts';
import { sha256Of } from './sha256.ts';
import type { Source } from './source.ts';

export function folderSource(entry: CatalogueEntry, folder: string): Source {
  return {
    name: folder,
    published: async (signal) => {
      const { path, bytes } = await find(entry, folder);
      return { bytes, sha256: await sha256Of(path, { signal }) };
    },
    open: async (from, expected, signal) => {
      const { path, bytes } = await find(entry, folder);
      if (bytes !== expected.bytes) {
        throw new DownloadError(
          'refused',
          `${path} has ${String(bytes)} bytes, the published file ${String(expected.bytes)}`,
        );
      }
      return { from, bytes: createReadStream(path, { start: from, signal }) };
    },
  };
}

async function find(
  { file, home }: CatalogueEntry,
  folder: string,
): Promise<{ path: string; bytes: number }> {
  for (const path of [join(folder, home.repository, file.name), join(folder, file.name)]) {
    const bytes = await sizeOf(path);
    if (bytes !== null) return { path, bytes };
  }
  throw new DownloadError('refused', `${folder} holds no ${file.name}: put it there or choose another home`);
}
