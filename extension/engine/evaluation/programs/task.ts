/** Tasks that a model solves by writing a program, which tests then run: what HumanEval and MBPP have in common. */
import { createHash } from 'node:crypto';

/**
 * How a model is asked. `continuation`: with text that it goes on with, as the sets' papers do. `chat`: as an assistant that
 * completes a function, as Qwen2.5-Coder's makers do.
 */
export type Form = 'continuation' | 'chat';

export interface ProgramTask {
  /** As evaluators of others know it: `HumanEval/0`, `Mbpp/11`. */
  readonly id: string;
  /** What is continued. */
  readonly prompt: string;
  /** What an assistant is asked to complete: the text within the block of code. */
  readonly question: string;
  /** What stands before a completion of each form in the program. */
  readonly head: Readonly<Record<Form, string>>;
  /** A completion of each form that is known to be right. */
  readonly canonical: Readonly<Record<Form, string>>;
  /** Python that fails unless what stands before it is right. */
  readonly tests: string;
}

export interface Suite {
  readonly name: 'HumanEval' | 'MBPP' | 'MBPP sanitized';
  readonly tasks: readonly ProgramTask[];
  /** Text at which a continuation ends. */
  readonly stops: readonly string[];
  /** SHA-256 over all tasks as they were read, and whether that is what the set's home publishes. */
  readonly digest: string;
  readonly isPublished: boolean;
}

/** The program that tells whether a completion is right. */
export function programOf(task: ProgramTask, completion: string, form: Form): string {
  return `${task.head[form]}${completion}\n${task.tests}`;
}

export function digestOf(tasks: readonly ProgramTask[]): string {
  const hash = createHash('sha256');
  for (const { id, prompt, canonical, tests } of tasks) {
    hash.update(JSON.stringify([id, prompt, canonical.continuation, tests]));
  }
  return hash.digest('hex');
}
