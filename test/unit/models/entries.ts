/** Entries of no real model. */
import type { CatalogueEntry } from '../../../extension/models/catalogue.ts';

export const tern: CatalogueEntry = {
  id: 'tern-1b',
  name: 'Tern 1B',
  family: 'Tern',
  parameters: 1e9,
  quantisation: 'Q4_K_M',
  shape: null,
  licence: { name: 'MIT', note: null },
  home: { repository: 'birds/Tern-1B-GGUF', revision: 'abc' },
  file: { name: 'tern-1b.gguf', bytes: 640_000_000, sha256: 'ab'.repeat(32) },
  activeShare: 1,
  activity: null,
  infilling: 'prefix-first',
  identity: { name: '^tern[- ]1b\\b', architecture: 'llama', layers: 12, embeddingLength: 64 },
  measured: { rightLines: 1, lines: 4, residentBytes: 8e8, confidenceWeights: [1, 2, 3, 4] },
};
