/**
 * Where the prompt parts the prefix. A completion's prompt is `PRE P0 SUF S MID T`: P0 is the prefix up to the anchor, S the
 * suffix, T what stands between anchor and cursor. What is typed only appends to T, so that a keystroke costs its own
 * tokens, and a model goes on writing behind T as it does behind any text.
 */
import type { NativeDescription } from '../../addon.ts';

/**
 * - `psm`: the anchor at the cursor, as models are trained that read the prefix first. Never healed.
 * - `spm`: the anchor at the start, as models are trained that read the suffix first.
 * - `anchored`: the anchor so many lines above the cursor's line when it is chosen.
 */
export type PromptForm =
  | { readonly kind: 'psm' }
  | { readonly kind: 'spm'; readonly isHealed: boolean }
  | { readonly kind: 'anchored'; readonly lines: number; readonly isHealed: boolean };

/** Chosen by measuring: docs/evaluation.md. */
const defaultLines = 20;
const mostLines = 10_000;
const unhealed = ':unhealed';

/** The form that a model is best asked in. */
export function defaultForm(fim: NativeDescription['fim']): PromptForm {
  return fim?.order === 'psm'
    ? { kind: 'anchored', lines: defaultLines, isHealed: true }
    : { kind: 'spm', isHealed: true };
}

/** @returns null for what is no form: `psm`, `spm`, `anchored`, `anchored:LINES` are, the latter with `:unhealed` too */
export function parsePromptForm(text: string): PromptForm | null {
  if (text === 'psm') return { kind: 'psm' };
  const isHealed = !text.endsWith(unhealed);
  const name = isHealed ? text : text.slice(0, -unhealed.length);
  if (name === 'spm') return { kind: 'spm', isHealed };
  if (name === 'anchored') return { kind: 'anchored', lines: defaultLines, isHealed };
  const lines = /^anchored:(\d{1,5})$/.exec(name)?.[1];
  return lines === undefined || Number(lines) > mostLines
    ? null
    : { kind: 'anchored', lines: Number(lines), isHealed };
}

/** As `parsePromptForm` reads it. */
export function formName(form: PromptForm): string {
  if (form.kind === 'psm') return 'psm';
  const name = form.kind === 'spm' ? 'spm' : `anchored:${String(form.lines)}`;
  return form.isHealed ? name : name + unhealed;
}

/** @returns index into the prefix; a line's start, unless it is the cursor or the prefix begins inside a line */
export function anchorIn(prefix: string, form: PromptForm): number {
  if (form.kind === 'psm') return prefix.length;
  if (form.kind === 'spm') return 0;
  let anchor = lineStart(prefix, prefix.length);
  for (let line = 0; line < form.lines && anchor > 0; line++) anchor = lineStart(prefix, anchor - 1);
  return anchor;
}

function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}
