/** Use case: how many programs a model gets right, with each of some settings of what it computes, on the same tasks. */
import type { LoadModelParams } from '../../../protocol/requests.ts';
import { Progress } from '../../benchmark/progress.ts';
import { asEngineError } from '../../errors.ts';
import { PythonSandbox } from '../python-sandbox.ts';
import type { EvaluationTools } from '../session.ts';
import { Contestant } from './contestant.ts';
import { Judge } from './judge.ts';
import type { WritingOptions } from './model-writer.ts';
import { PromptShelf } from './prompt-shelf.ts';
import type { ProgramRecord } from './record.ts';
import { summaryOf, type Summary, withEfficiencyRatios } from './summary.ts';
import { programOf, type Form, type ProgramTask, type Suite } from './task.ts';
import type { ThresholdSetting } from './threshold-settings.ts';
import { takeTurn, type Wanted } from './turn.ts';
import { canonicalWriter, stopsOf } from './writer.ts';

export interface ProgramsOptions {
  readonly suite: Suite;
  readonly form: Form;
  /** Of the suite's tasks, the first of every so many. */
  readonly every: number;
  /** Of each task. */
  readonly samples: number;
  /** Of pass@k. */
  readonly ks: readonly number[];
  readonly writing: Omit<WritingOptions, 'form' | 'stops'>;
  /** Completions that may be written at once, where a setting can. */
  readonly parallel: number;
  readonly load: LoadModelParams;
  /** What the others are compared with first. */
  readonly settings: readonly ThresholdSetting[];
  /** Where each setting's records go; null: nowhere. */
  readonly recordsOf: (setting: ThresholdSetting) => string | null;
}

export interface ProgramsEvaluation {
  readonly suite: Suite['name'];
  readonly isPublished: boolean;
  readonly form: Form;
  readonly tasks: number;
  readonly model: string;
  readonly threads: number;
  readonly writing: Omit<WritingOptions, 'form' | 'stops'>;
  readonly samples: number;
  readonly settings: readonly Summary[];
}

/** Of one setting before the next has its turn, for each that is written at once: what the machine does beside falls on all alike. */
const tasksPerTurn = 10;

/** So many tasks for each that is written alone though others are not: speeds are told of those. */
const tasksPerAlone = 32;

/**
 * @returns null where the signal ended it
 * @throws EngineError
 */
export async function evaluatePrograms(
  options: ProgramsOptions,
  tools: EvaluationTools,
): Promise<ProgramsEvaluation | null> {
  const { suite, form, load, parallel } = options;
  const judge = new Judge(await PythonSandbox.open());
  const writing = { ...options.writing, form, stops: stopsOf(suite, form) };
  const shelf = options.settings.length > 1 ? new PromptShelf() : null;
  const contestants = options.settings.map((setting) => {
    const records = options.recordsOf(setting);
    return new Contestant({ suite, setting, load, writing, records, parallel, shelf }, tools);
  });
  try {
    await takeTurns(contestants, options, { ...tools, judge, shelf });
    return evaluationOf(contestants, options);
  } catch (thrown) {
    if (tools.signal.aborted) return null;
    throw asEngineError(thrown);
  } finally {
    for (const contestant of contestants) await contestant.rest();
  }
}

interface TurnTools extends EvaluationTools {
  readonly judge: Judge;
  readonly shelf: PromptShelf | null;
}

async function takeTurns(
  contestants: readonly Contestant[],
  options: ProgramsOptions,
  { judge, shelf, signal, onProgress }: TurnTools,
): Promise<void> {
  const wanted = wantedOf(options);
  const progress = new Progress(onProgress);
  progress.expect(wanted.length * contestants.length);
  // Nobody takes turns with a single one, and between two turns fewer are written at once.
  const isSingle = contestants.length === 1;
  const length = isSingle ? wanted.length : tasksPerTurn * options.parallel * options.samples;
  for (let first = 0; first < wanted.length; first += length) {
    const turn = wanted.slice(first, first + length);
    shelf?.clear();
    for (const contestant of contestants) {
      if (!isDone(contestant, turn)) {
        await restOthers(contestants, contestant);
        await contestant.makeReady();
      }
      await takeTurn(contestant, turn, { form: options.form, judge, signal, progress });
    }
  }
}

function wantedOf(options: ProgramsOptions): Wanted[] {
  return chosenOf(options).flatMap((task, index) =>
    Array.from({ length: options.samples }, (_, sample) => ({
      task,
      sample,
      isAlone: index % tasksPerAlone === 0,
    })),
  );
}

function chosenOf({ suite, every }: ProgramsOptions): ProgramTask[] {
  return suite.tasks.filter((_task, index) => index % every === 0);
}

function isDone({ records }: Contestant, turn: readonly Wanted[]): boolean {
  return records !== null && turn.every(({ task, sample }) => records.has(task.id, sample));
}

async function restOthers(contestants: readonly Contestant[], one: Contestant): Promise<void> {
  for (const other of contestants) if (other !== one) await other.rest();
}

function evaluationOf(contestants: readonly Contestant[], options: ProgramsOptions): ProgramsEvaluation {
  const { suite, form, samples, ks, writing } = options;
  const asked = new Set(chosenOf(options).map(({ id }) => id));
  const wanted = ({ task_id: id, sample }: ProgramRecord) => asked.has(id) && sample < samples;
  const runs = contestants.flatMap(({ records }) => (records === null ? [] : [records]));
  const [first] = runs;
  const base = first?.records.filter(wanted) ?? [];
  return {
    suite: suite.name,
    isPublished: suite.isPublished,
    form,
    tasks: asked.size,
    model: first?.settings.model ?? '',
    threads: first?.settings.threads ?? 0,
    writing,
    samples,
    settings: withEfficiencyRatios(
      runs.map((run) => summaryOf(run.settings, run.records.filter(wanted), ks, run === first ? null : base)),
    ),
  };
}

/** What came of the set's own solutions, on the same way from a completion to an outcome. */
export interface CanonicalCheck {
  readonly suite: Suite['name'];
  readonly isPublished: boolean;
  readonly form: Form;
  readonly tasks: number;
  readonly passed: number;
  readonly failed: readonly { readonly id: string; readonly outcome: string; readonly output: string }[];
}

/** How much of a failed program's output is told, from its end. */
const outputEnd = 300;

/**
 * @returns null where the signal ended it
 * @throws EngineError
 */
export async function checkCanonical(
  options: Pick<ProgramsOptions, 'suite' | 'form'>,
  { signal, onProgress }: Pick<EvaluationTools, 'signal' | 'onProgress'>,
): Promise<CanonicalCheck | null> {
  const { suite, form } = options;
  const sandbox = await PythonSandbox.open();
  const write = canonicalWriter(suite, form);
  const failed: { id: string; outcome: string; output: string }[] = [];
  for (const [index, task] of suite.tasks.entries()) {
    onProgress(index / suite.tasks.length, task.id);
    const { completion } = await write(task, 0);
    const { outcome, output } = await sandbox.run(programOf(task, completion, form), signal);
    if (signal.aborted) return null;
    if (outcome !== 'passed')
      failed.push({ id: task.id, outcome, output: output.trimEnd().slice(-outputEnd) });
  }
  return {
    suite: suite.name,
    isPublished: suite.isPublished,
    form,
    tasks: suite.tasks.length,
    passed: suite.tasks.length - failed.length,
    failed,
  };
}
