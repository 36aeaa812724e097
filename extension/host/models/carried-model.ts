/** The model that an offline package carries in place of the small one, for machines that may not download. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue, type CatalogueEntry } from '../../models/catalogue.ts';

/**
 * @param extensionPath where Hotset is installed
 * @returns null in the usual package
 */
export function carriedModel(extensionPath: string): CatalogueEntry | null {
  const names = readdirSync(join(extensionPath, 'models'));
  return catalogue.find(({ file }) => names.includes(file.name)) ?? null;
}
