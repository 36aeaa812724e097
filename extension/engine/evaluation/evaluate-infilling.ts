/** Use case: how well a model fills in the middle, on files that it was not trained on. */
import type { LoadModelParams } from '../../protocol/requests.ts';
import type { Mode } from '../../protocol/figures.ts';
import type { NativeStatistics } from '../addon.ts';
import { Progress, type OnProgress } from '../benchmark/progress.ts';
import { asEngineError } from '../errors.ts';
import { loadModel, type LoadedModel, type LoadModelTools } from '../model/load-model.ts';
import { bitsPerByte } from './bits-per-byte.ts';
import { calibrationOf, type Calibration } from './calibration.ts';
import { noKeystrokes, typePassage, type KeystrokeCount } from './keystrokes.ts';
import { lineTasks } from './line-tasks.ts';
import { openMaterial, requireInfilling, type Material, type MaterialOptions } from './material.ts';
import { passages } from './passages.ts';
import { solveHumanEval, type HumanEvalScore } from './solve-human-eval.ts';
import { solveLine, type SuggestionRecord } from './solve-line.ts';
import { suggestWith, type Suggest } from './suggest.ts';

export interface EvaluationOptions extends MaterialOptions {
  readonly load: LoadModelParams;
  /** Lines asked for, of each language. */
  readonly tasks: number;
  /** Windows of plain text, of each language. */
  readonly windows: number;
  /** Files of which a passage is typed again. */
  readonly keystrokeFiles: number;
  /** Suggestions below it are not shown while typing. */
  readonly minimumConfidence: number;
  readonly seed: number;
}

export interface LanguageScore {
  readonly files: number;
  readonly bitsPerByte: number;
  /** Fewer than asked for where the files hold no more. */
  tasks: number;
  exact: number;
}

export interface KeystrokeScore extends KeystrokeCount {
  readonly files: number;
  /** Share of the keystrokes without suggestions. */
  readonly saved: number;
  readonly savedWordByWord: number;
}

export interface Evaluation {
  readonly model: string;
  readonly mode: Mode;
  readonly languages: Readonly<Record<string, LanguageScore>>;
  readonly humaneval: HumanEvalScore | null;
  readonly keystrokes: KeystrokeScore | null;
  /** Of the lines of held-out files; null without such. */
  readonly confidence: (Calibration & { readonly weights: readonly number[] | null }) | null;
  /** While plain text was read. */
  readonly neurons: Pick<NativeStatistics, 'activity' | 'recall'>;
  readonly records: readonly SuggestionRecord[];
}

export interface EvaluationTools extends Omit<LoadModelTools, 'onProgress'> {
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/** The editor's default. */
const typingLines = 8;

/**
 * @returns null where the signal ended it
 * @throws EngineError
 */
export async function evaluateInfilling(
  options: EvaluationOptions,
  tools: EvaluationTools,
): Promise<Evaluation | null> {
  const material = await openMaterial(options);
  const progress = new Progress(tools.onProgress);
  const onProgress = (fraction: number) => {
    progress.tell(`loading, ${(fraction * 100).toFixed(0)}%`);
  };
  const model = await loadModel(options.load, { ...tools, onProgress });
  try {
    requireInfilling(model);
    return await new EvaluationRun(options, material, model, tools.signal, progress).result();
  } catch (thrown) {
    if (tools.signal.aborted) return null;
    throw asEngineError(thrown);
  } finally {
    model.native.dispose();
  }
}

class EvaluationRun {
  readonly #options: EvaluationOptions;
  readonly #material: Material;
  readonly #model: LoadedModel;
  readonly #signal: AbortSignal;
  readonly #suggest: Suggest;
  readonly #progress: Progress;
  readonly #languages: Record<string, LanguageScore> = {};
  readonly #records: SuggestionRecord[] = [];

  constructor(
    options: EvaluationOptions,
    material: Material,
    model: LoadedModel,
    signal: AbortSignal,
    progress: Progress,
  ) {
    this.#options = options;
    this.#material = material;
    this.#model = model;
    this.#signal = signal;
    this.#suggest = suggestWith(model, signal);
    this.#progress = progress;
  }

  async result(): Promise<Evaluation> {
    const { description } = this.#model;
    await this.#readText();
    const { activity, recall } = await this.#model.native.takeStatistics();
    await this.#solveLines();
    return {
      model: description.name,
      mode: description.mode,
      languages: this.#languages,
      humaneval: await this.#solveHumanEval(),
      keystrokes: await this.#typePassages(),
      confidence: this.#calibration(),
      neurons: { activity, recall },
      records: this.#records,
    };
  }

  async #readText(): Promise<void> {
    const { windows, seed } = this.#options;
    const { heldOut } = this.#material;
    this.#progress.expect(windows * heldOut.size);
    for (const [language, files] of heldOut) {
      const sample = { windows, seed: `${String(seed)}:text:${language}` };
      const bits = await bitsPerByte(this.#model, files, sample, () => {
        this.#step(`reading ${language}`);
      });
      this.#languages[language] = { files: files.length, bitsPerByte: bits, tasks: 0, exact: 0 };
    }
  }

  async #solveLines(): Promise<void> {
    const { tasks: count, seed } = this.#options;
    const { heldOut } = this.#material;
    this.#progress.expect(count * heldOut.size);
    for (const [language, files] of heldOut) {
      const score = this.#languages[language];
      if (score === undefined) continue;
      for (const task of lineTasks(files, count, `${String(seed)}:lines:${language}`)) {
        this.#step(`lines of ${language}`);
        const record = await solveLine(task, language, this.#suggest);
        score.tasks++;
        if (record?.right === true) score.exact++;
        if (record !== null) this.#records.push(record);
      }
    }
  }

  async #solveHumanEval(): Promise<HumanEvalScore | null> {
    const { humanEval, sandbox } = this.#material;
    if (sandbox === null) return null;
    const score = { tasks: 0, exact: 0, passed: 0 };
    this.#progress.expect(humanEval.length);
    for (const task of humanEval) {
      this.#step('HumanEval');
      await solveHumanEval(task, score, { suggest: this.#suggest, sandbox, signal: this.#signal });
    }
    return score;
  }

  async #typePassages(): Promise<KeystrokeScore | null> {
    const { keystrokeFiles, minimumConfidence, seed } = this.#options;
    const { heldOut } = this.#material;
    if (keystrokeFiles === 0 || heldOut.size === 0) return null;
    const chosen = passages(heldOut, keystrokeFiles, `${String(seed)}:typing`);
    const count = noKeystrokes();
    this.#progress.expect(chosen.length);
    for (const [index, { path, ...passage }] of chosen.entries()) {
      this.#step(`typing passage ${index + 1} of ${chosen.length}`);
      const ask = async (prefix: string, suffix: string) => {
        const { text, confidence } = await this.#suggest({ prefix, suffix, path, maxLines: typingLines });
        return confidence === null || confidence >= minimumConfidence ? text : '';
      };
      await typePassage(passage, ask, count);
    }
    const share = (keystrokes: number) => 1 - keystrokes / count.characters;
    return {
      ...count,
      files: chosen.length,
      saved: share(count.keystrokes),
      savedWordByWord: share(count.wordKeystrokes),
    };
  }

  #calibration(): Evaluation['confidence'] {
    const places = Object.values(this.#languages).reduce((sum, { tasks }) => sum + tasks, 0);
    if (places === 0) return null;
    const weights = this.#model.description.confidenceWeights;
    return {
      weights: weights === null ? null : Array.from(weights),
      ...calibrationOf(this.#records, places),
    };
  }

  #step(doing: string): void {
    this.#signal.throwIfAborted();
    this.#progress.tell(doing);
    this.#progress.step();
  }
}
