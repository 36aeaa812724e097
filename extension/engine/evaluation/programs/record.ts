/** One completion and what came of it: a line of a records file. */
import type { SandboxRun } from '../python-sandbox.ts';
import type { Form, ProgramTask, Suite } from './task.ts';
import type { ThresholdSetting } from './threshold-settings.ts';
import type { Written, WritingFigures } from './writer.ts';

/** All that decides what is written, and how fast: only records that agree in it belong together. */
export interface RunSettings {
  readonly suite: Suite['name'];
  /** Of the tasks' file. */
  readonly tasks: string;
  readonly form: Form;
  readonly model: string;
  readonly modelBytes: number;
  readonly threshold: ThresholdSetting['name'];
  readonly decoder: string;
  readonly mode: string;
  readonly profile: string | null;
  /** Share of neurons on a GPU. */
  readonly gpuShare: number;
  readonly threads: number;
  readonly contextLength: number;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
}

/**
 * `task_id` and `completion` are what human-eval's own evaluator reads; of an assistant `solution` is the whole program, as
 * EvalPlus reads it.
 */
export interface ProgramRecord extends Partial<WritingFigures> {
  readonly task_id: string;
  readonly completion: string;
  readonly solution?: string;
  /** UTF-16 units of the text behind an infilled line that it replaces; none when left out. */
  readonly overlap?: number;
  readonly sample: number;
  readonly passed: boolean;
  readonly outcome: SandboxRun['outcome'];
  readonly end: Written['end'];
  /** How many were written at once; 1 when left out. Times of more than one are not those of the setting. */
  readonly parallel?: number;
  readonly peakMemoryBytes: number | null;
  readonly settings: RunSettings;
}

export interface Judged {
  readonly task: ProgramTask;
  readonly sample: number;
  readonly written: Written;
  readonly outcome: SandboxRun['outcome'];
  readonly parallel: number;
  readonly peakMemoryBytes: number | null;
}

/** An answer that stands alone is a completion of the prompt too: it defines the function again. */
export function recordOf(judged: Judged, form: Form, settings: RunSettings): ProgramRecord {
  const { task, sample, written, outcome, parallel, peakMemoryBytes } = judged;
  const { completion, overlap, end, figures } = written;
  return {
    task_id: task.id,
    completion: form === 'chat' ? `\n${completion}` : completion,
    ...(form === 'chat' ? { solution: completion } : {}),
    ...(overlap === 0 ? {} : { overlap }),
    sample,
    passed: outcome === 'passed',
    outcome,
    end,
    ...figures,
    ...(parallel === 1 ? {} : { parallel }),
    peakMemoryBytes,
    settings,
  };
}
