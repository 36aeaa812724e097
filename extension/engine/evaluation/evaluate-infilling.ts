/** Use case: how well a model fills in the middle, on files that it was not trained on. */
import type { LoadModelParams } from '../../protocol/requests.ts';
import type { Mode } from '../../protocol/figures.ts';
import type { NativeStatistics } from '../addon.ts';
import { bitsPerByte } from './bits-per-byte.ts';
import { calibrationOf, type Calibration } from './calibration.ts';
import {
  askForHumanEval,
  askForLines,
  contender,
  type Contender,
  type LineOptions,
  type LineScore,
} from './contender.ts';
import { noKeystrokes, typePassage, type KeystrokeCount } from './keystrokes.ts';
import type { MaterialOptions } from './material.ts';
import { passages } from './passages.ts';
import { type EvaluationTools, type Session, withSession } from './session.ts';
import type { HumanEvalScore } from './solve-human-eval.ts';
import type { SuggestionRecord } from './solve-line.ts';
import type { Suggest } from './suggest.ts';

export interface EvaluationOptions extends MaterialOptions, LineOptions {
  readonly load: LoadModelParams;
  /** Windows of plain text, of each language. */
  readonly windows: number;
  /** Files of which a passage is typed again. */
  readonly keystrokeFiles: number;
  /** Suggestions below it are not shown while typing. */
  readonly minimumConfidence: number;
}

export interface LanguageScore extends LineScore {
  readonly files: number;
  readonly bitsPerByte: number;
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
  return await withSession(options, tools, (session) => evaluate(options, session));
}

async function evaluate(options: EvaluationOptions, session: Session): Promise<Evaluation> {
  const { native, description } = session.model;
  const read = await readText(options, session);
  const { activity, recall } = await native.takeStatistics();
  const asked = contender(session);
  await askForLines([asked], options, session);
  await askForHumanEval([asked], session);
  const languages = read.map(({ language, ...score }) => {
    const { tasks = 0, exact = 0 } = asked.lines[language] ?? {};
    return [language, { ...score, tasks, exact }] as const;
  });
  return {
    model: description.name,
    mode: description.mode,
    languages: Object.fromEntries(languages),
    humaneval: asked.humaneval,
    keystrokes: await typePassages(options, asked.suggest, session),
    confidence: calibration(asked, session.model.calibration.weights),
    neurons: { activity, recall },
    records: asked.records,
  };
}

type ReadLanguage = Pick<LanguageScore, 'files' | 'bitsPerByte'> & { readonly language: string };

async function readText(
  { windows, seed }: EvaluationOptions,
  { material, model, signal, progress }: Session,
): Promise<ReadLanguage[]> {
  const read: ReadLanguage[] = [];
  progress.expect(windows * material.heldOut.size);
  for (const [language, files] of material.heldOut) {
    const sample = { windows, seed: `${String(seed)}:text:${language}` };
    const bits = await bitsPerByte(model, files, sample, () => {
      signal.throwIfAborted();
      progress.tell(`reading ${language}`);
      progress.step();
    });
    read.push({ language, files: files.length, bitsPerByte: bits });
  }
  return read;
}

async function typePassages(
  { keystrokeFiles, minimumConfidence, seed }: EvaluationOptions,
  suggest: Suggest,
  { material: { heldOut }, progress }: Session,
): Promise<KeystrokeScore | null> {
  if (keystrokeFiles === 0 || heldOut.size === 0) return null;
  const chosen = passages(heldOut, keystrokeFiles, `${String(seed)}:typing`);
  const count = noKeystrokes();
  progress.expect(chosen.length);
  for (const [index, { path, ...passage }] of chosen.entries()) {
    progress.tell(`typing passage ${index + 1} of ${chosen.length}`);
    const ask = async (prefix: string, suffix: string) => {
      const { text, confidence } = await suggest({ prefix, suffix, path, maxLines: typingLines });
      return confidence === null || confidence >= minimumConfidence ? text : '';
    };
    await typePassage(passage, ask, count);
    progress.step();
  }
  const share = (keystrokes: number) => 1 - keystrokes / count.characters;
  return {
    ...count,
    files: chosen.length,
    saved: share(count.keystrokes),
    savedWordByWord: share(count.wordKeystrokes),
  };
}

function calibration(
  { lines, records }: Contender,
  weights: ArrayLike<number> | null,
): Evaluation['confidence'] {
  const places = Object.values(lines).reduce((sum, { tasks }) => sum + tasks, 0);
  if (places === 0) return null;
  return { weights: weights === null ? null : Array.from(weights), ...calibrationOf(records, places) };
}
