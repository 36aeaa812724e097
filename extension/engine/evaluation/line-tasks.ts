/** Tasks that ask for the rest of one line, between what stands before and after it. */
import { drawPlace, type Place, type SourceFile } from './held-out.ts';
import { Random } from './random.ts';

/** The suffix starts with the line feed that ends the line, unless the file ends there. */
export interface LineTask {
  readonly prefix: string;
  readonly middle: string;
  readonly suffix: string;
  /** null: the file has none. */
  readonly path: string | null;
}

/** Where a line is cut: of all tasks so many at its first character that is no blank, and at its very start. */
const shareAtFirstCharacter = 0.35;
const shareAtLineStart = 0.1;
const longestMiddle = 120;
/** Files that have not given enough tasks after so many draws for each have no more to give. */
const drawsPerTask = 100;

/**
 * @param chosen what is asked for where a task is worth asking for; null: nothing
 * @returns `count` different tasks, or fewer where the files hold no more; the same for the same texts and seed
 */
export function lineTasks(
  files: readonly SourceFile[],
  count: number,
  seed: string,
  chosen: (task: LineTask) => LineTask | null = (task) => task,
): LineTask[] {
  const random = new Random(seed);
  const tasks = new Map<string, LineTask>();
  for (let draw = 0; draw < count * drawsPerTask && tasks.size < count; draw++) {
    const { file, offset } = cutPlace(drawPlace(files, random), random);
    const drawn = taskAt(file, offset);
    const task = isWorthAsking(drawn.middle) ? chosen(drawn) : null;
    if (task !== null) tasks.set(`${String(task.prefix.length)}:${file.path}`, task);
  }
  return [...tasks.values()];
}

function taskAt({ path, text }: SourceFile, offset: number): LineTask {
  const end = lineEnd(text, offset);
  return { path, prefix: text.slice(0, offset), middle: text.slice(offset, end), suffix: text.slice(end) };
}

function isWorthAsking(middle: string): boolean {
  return middle.length <= longestMiddle && /\p{L}/u.test(middle);
}

function cutPlace({ file, offset }: Place, random: Random): Place {
  const start = lineStart(file.text, offset);
  const kind = random.next();
  if (kind < shareAtFirstCharacter) return { file, offset: firstCharacter(file.text, start) };
  if (kind < shareAtFirstCharacter + shareAtLineStart) return { file, offset: start };
  return { file, offset: wholeCharacter(file.text, offset) };
}

function firstCharacter(text: string, start: number): number {
  const line = text.slice(start, lineEnd(text, start));
  return start + line.length - line.trimStart().length;
}

/** A cursor never stands between the halves of a surrogate pair. */
function wholeCharacter(text: string, offset: number): number {
  return /^[\uDC00-\uDFFF]/.test(text.charAt(offset)) && offset > 0 ? offset - 1 : offset;
}

export function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

export function lineEnd(text: string, offset: number): number {
  const feed = text.indexOf('\n', offset);
  return feed < 0 ? text.length : feed;
}
