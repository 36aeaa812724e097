/** Asks for the rest of a task's line, and compares what would be shown with what was there. */
import type { ConfidenceEvidence } from '../../protocol/requests.ts';
import type { LineTask } from './line-tasks.ts';
import type { Suggest, Suggestion } from './suggest.ts';

/** One suggestion that was shown, with what a person needs to judge it. */
export interface SuggestionRecord extends ConfidenceEvidence {
  readonly language: string;
  readonly path: string | null;
  /** The end of what stood left of the cursor. */
  readonly before: string;
  readonly wanted: string;
  readonly written: string;
  /** Whether accepting it gives back the file it was cut from. */
  readonly right: boolean;
  readonly confidence: number;
}

/** UTF-16 units. */
const beforeLength = 80;

/** Blanks at the end of the missing text count for nothing: the editor's trimming takes them off every suggestion. */
export function isRight(
  { text, overlap }: Pick<Suggestion, 'text' | 'overlap'>,
  { middle, suffix }: Pick<LineTask, 'middle' | 'suffix'>,
): boolean {
  return text + suffix.slice(overlap) === middle.trimEnd() + suffix;
}

/** @returns null where nothing is shown */
export async function solveLine(
  task: LineTask,
  language: string,
  suggest: Suggest,
): Promise<SuggestionRecord | null> {
  const { prefix, middle, suffix, path } = task;
  const suggestion = await suggest({ prefix, suffix, path, maxLines: 1 });
  const { text, evidence, confidence } = suggestion;
  if (evidence === null || confidence === null) return null;
  const before = prefix.slice(-beforeLength);
  const right = isRight(suggestion, task);
  return { language, path, before, wanted: middle, written: text, right, ...evidence, confidence };
}
