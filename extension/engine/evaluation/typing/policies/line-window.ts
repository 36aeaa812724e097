/** Windows counted in lines, and the prompt that is made of them: what the policies compared with share. */
import type { NativeDescription } from '../../../addon.ts';

export interface LineWindow {
  /** Whole lines above the cursor's, each with its line feed. */
  readonly above: string;
  /** The cursor's line left of the cursor. */
  readonly left: string;
  /** And right of it. */
  readonly right: string;
  /** From the cursor's line feed on, so many lines below. */
  readonly below: string;
}

export function lineWindow(prefix: string, suffix: string, above: number, below: number): LineWindow {
  const lines = prefix.split('\n');
  const left = lines.pop() ?? '';
  const [right = '', ...under] = suffix.split('\n', below + 1);
  return {
    above: lines
      .slice(-above)
      .map((line) => line + '\n')
      .join(''),
    left,
    right,
    below: under.map((line) => '\n' + line).join(''),
  };
}

/** Prefix-first, unless the model was trained suffix-first. */
export function infillingPrompt(
  { fim, beginningOfSequence: bos }: Pick<NativeDescription, 'fim' | 'beginningOfSequence'>,
  front: readonly number[],
  prefix: readonly number[],
  suffix: readonly number[],
): Int32Array {
  const start = bos === null ? front : [bos, ...front];
  if (fim === null) return Int32Array.from([...start, ...prefix]);
  return Int32Array.from(
    fim.order === 'spm'
      ? [...start, fim.prefix, fim.suffix, ...suffix, fim.middle, ...prefix]
      : [...start, fim.prefix, ...prefix, fim.suffix, ...suffix, fim.middle],
  );
}
