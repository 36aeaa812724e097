/**
 * How model families spell their infilling prompts, for servers that continue text and know nothing of a suffix. By the
 * model's name, which is all that such a server tells.
 */
import type { TextPrompt } from './text-tokens.ts';

export interface Family {
  readonly write: (prompt: TextPrompt) => string;
  /** Where the text ends, should the server go on. */
  readonly stop: readonly string[];
}

/** How control tokens are spelled. null: the family has none. */
export interface Controls {
  readonly prefix: string;
  readonly suffix: string;
  readonly middle: string;
  readonly repository: string | null;
  readonly file: string | null;
}

interface Spelling {
  readonly named: RegExp;
  readonly prefix: string;
  readonly suffix: string;
  readonly middle: string;
  readonly repository?: string;
  readonly file?: string;
  /** Trained to see the suffix first. */
  readonly isSuffixFirst?: boolean;
  readonly stop: readonly string[];
}

const spellings: readonly Spelling[] = [
  {
    named: /qwen|codegemma|granite-?4|mellum.*qwen/i,
    prefix: '<|fim_prefix|>',
    suffix: '<|fim_suffix|>',
    middle: '<|fim_middle|>',
    repository: '<|repo_name|>',
    file: '<|file_sep|>',
    stop: ['<|endoftext|>', '<|fim_pad|>', '<|file_sep|>', '<|file_separator|>'],
  },
  {
    named: /starcoder|stable-?code|granite|smollm|refact/i,
    prefix: '<fim_prefix>',
    suffix: '<fim_suffix>',
    middle: '<fim_middle>',
    repository: '<repo_name>',
    file: '<file_sep>',
    stop: ['<|endoftext|>', '<file_sep>'],
  },
  {
    named: /deepseek/i,
    prefix: '<｜fim▁begin｜>',
    suffix: '<｜fim▁hole｜>',
    middle: '<｜fim▁end｜>',
    stop: ['<｜end▁of▁sentence｜>'],
  },
  {
    named: /seed-?coder/i,
    prefix: '<[fim-prefix]>',
    suffix: '<[fim-suffix]>',
    middle: '<[fim-middle]>',
    isSuffixFirst: true,
    stop: ['<[end▁of▁sentence]>'],
  },
  { named: /code-?llama/i, prefix: '<PRE> ', suffix: ' <SUF>', middle: ' <MID>', stop: ['<EOT>'] },
  {
    named: /codestral/i,
    prefix: '[PREFIX]',
    suffix: '[SUFFIX]',
    middle: '',
    isSuffixFirst: true,
    stop: ['</s>'],
  },
];

/** Of the families that read the prefix first, which a vocabulary is looked through for. */
export const controlSpellings: readonly Controls[] = spellings
  .filter(({ isSuffixFirst }) => isSuffixFirst !== true)
  .map(({ prefix, suffix, middle, repository, file }) => ({
    prefix: prefix.trim(),
    suffix: suffix.trim(),
    middle: middle.trim(),
    repository: repository ?? null,
    file: file ?? null,
  }));

/** @returns null for a model of no family that is known */
export function familyOf(model: string): Family | null {
  const spelling = spellings.find(({ named }) => named.test(model));
  return spelling === undefined ? null : { write: writer(spelling), stop: spelling.stop };
}

/**
 * A server takes the spelling of a control token for the token wherever it stands: what a document says of them, and all
 * beyond it, stays out of the prompt.
 */
function writer({ prefix, suffix, middle, isSuffixFirst = false, stop }: Spelling): Family['write'] {
  const spelled = [prefix, suffix, middle, ...stop].map((each) => each.trim()).filter((each) => each !== '');
  return (prompt) => {
    const above = behindLast(prompt.above, spelled);
    const recent = behindLast(prompt.recent, spelled);
    const before = recent === prompt.recent ? above : '';
    const after = beforeFirst(prompt.suffix, spelled);
    return isSuffixFirst
      ? suffix + after + prefix + before + recent + middle
      : prefix + before + suffix + after + middle + recent;
  };
}

function behindLast(text: string, spelled: readonly string[]): string {
  const ends = spelled.map((each) => text.lastIndexOf(each) + (text.includes(each) ? each.length : 1));
  return text.slice(Math.max(0, ...ends));
}

function beforeFirst(text: string, spelled: readonly string[]): string {
  const starts = spelled.map((each) => text.indexOf(each)).filter((start) => start >= 0);
  return text.slice(0, Math.min(text.length, ...starts));
}
