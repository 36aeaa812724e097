/** Tasks that a model solves by writing a program, which tests then run: what HumanEval and MBPP have in common. */
import { createHash } from 'node:crypto';

/**
 * How a model is asked. `continuation`: with text that it goes on with, as the sets' papers do. `chat`: as an assistant that
 * completes a function, as Qwen2.5-Coder's makers do. `infilling`: as the editor asks, with what stands behind the cursor too.
 */
export type Form = 'continuation' | 'chat' | 'infilling';

/** A task as it is asked in one of the forms. */
export interface Asked {
  /** What is continued; of an assistant, what stands in the block of code that it is to complete. */
  readonly prompt: string;
  /** What stands before the completion in the program. */
  readonly head: string;
  /** A completion that is known to be right. */
  readonly canonical: string;
}

export interface ProgramTask {
  /** As evaluators of others know it: `HumanEval/0`, `Mbpp/11`. */
  readonly id: string;
  /** In the forms that its set has. */
  readonly asked: Readonly<Partial<Record<Form, Asked>>>;
  /** What stands behind a completion, without which it is no program. */
  readonly tail: string;
  /** Python that fails unless what stands before it is right. */
  readonly tests: string;
}

export interface Suite {
  readonly name: 'HumanEval' | 'MBPP' | 'MBPP sanitized' | 'HumanEval, single-line infilling';
  readonly tasks: readonly ProgramTask[];
  /** Text at which a continuation ends. */
  readonly stops: readonly string[];
  /** SHA-256 over all tasks as they were read, and whether that is what the set's home publishes. */
  readonly digest: string;
  readonly isPublished: boolean;
}

/** Precondition: the task's set has the form. */
export function askedOf({ id, asked }: ProgramTask, form: Form): Asked {
  const found = asked[form];
  if (found === undefined) throw new Error(`${id} is not asked for by ${form}`);
  return found;
}

/** The program that tells whether a completion is right. @param overlap UTF-16 units of the tail that it replaces */
export function programOf(task: ProgramTask, completion: string, form: Form, overlap = 0): string {
  return `${askedOf(task, form).head}${completion}${task.tail.slice(overlap)}\n${task.tests}`;
}

export function digestOf(tasks: readonly ProgramTask[]): string {
  const hash = createHash('sha256');
  for (const { id, asked, tail, tests } of tasks) {
    const { prompt, canonical } = asked.continuation ?? asked.infilling ?? {};
    hash.update(JSON.stringify([id, prompt, canonical, ...(tail === '' ? [] : [tail]), tests]));
  }
  return hash.digest('hex');
}
