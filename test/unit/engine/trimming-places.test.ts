/** Places with what a model said there and what is worth showing of it: read by their grammar, and without one. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { surroundingsOf } from '../../../extension/engine/completion/surroundings.ts';
import { trimCompletion } from '../../../extension/engine/completion/trimming/trim-completion.ts';
import { grammarFor } from '../../../extension/engine/syntax/grammars.ts';
import { root } from '../../../scripts/node24.mjs';

interface PlaceCase {
  readonly name: string;
  readonly languageId: string;
  readonly before: string;
  readonly after: string;
  readonly generated: string;
  readonly wanted: string;
  /** Whether a limit ended the text; false when left out. */
  readonly ranOut?: boolean;
}

function casesIn(name: string): PlaceCase[] {
  return JSON.parse(readFileSync(join(root, 'test', 'fixtures', name), 'utf8')) as PlaceCase[];
}

for (const file of ['trimming.json', 'trimming-kinds.json']) {
  describe(file, () => {
    for (const { name, languageId, before, after, generated, wanted, ranOut } of casesIn(file)) {
      test(`${languageId}: ${name}`, async () => {
        const around = surroundingsOf(before, after, await grammarFor({ languageId }), { languageId });
        assert.equal(trimCompletion(generated, around, ranOut ?? false).text, wanted);
      });
    }
  });
}
