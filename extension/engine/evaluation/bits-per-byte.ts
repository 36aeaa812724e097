/** What plain text costs a model, from places all over the held-out files. */
import type { LoadedModel } from '../model/load-model.ts';
import { scoreOf } from '../benchmark/score.ts';
import { predictedBytes, textWindows } from '../benchmark/text-windows.ts';
import { drawPlace, type SourceFile } from './held-out.ts';
import { Random } from './random.ts';

/** A window this long has most of its tokens predicted from a good deal of text. */
const longestWindow = 1_024;
/** Of one window's logits: 256 MiB. */
const mostLogits = 2 ** 26;
/** So many characters fill most windows, and so many any of them, whatever the vocabulary. */
const charactersPerToken = { usual: 3, most: 8 };

/**
 * Each window starts at a random character, or before it where the file would end too soon to fill the window, with the
 * token that the vocabulary puts first.
 * @param onWindow told before each of them
 * @returns bits per UTF-8 byte
 */
export async function bitsPerByte(
  { native, description }: LoadedModel,
  files: readonly SourceFile[],
  { windows, seed }: { readonly windows: number; readonly seed: string },
  onWindow: () => void,
): Promise<number> {
  const { contextLength, vocabularySize } = description;
  const length = Math.min(longestWindow, contextLength, Math.floor(mostLogits / vocabularySize));
  const random = new Random(seed);
  let bits = 0;
  let bytes = 0;
  for (let index = 0; index < windows; index++) {
    onWindow();
    const { file, offset } = drawPlace(files, random);
    const latest = Math.max(0, file.text.length - length * charactersPerToken.usual);
    const start = Math.min(offset, latest);
    const piece = file.text.slice(start, start + length * charactersPerToken.most);
    for (const window of textWindows(native, piece, { length, most: length - 1 })) {
      bits += scoreOf(await native.logits(window), window, vocabularySize).bits;
      bytes += predictedBytes(native, window);
    }
  }
  return bits / bytes;
}
