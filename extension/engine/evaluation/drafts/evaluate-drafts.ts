/** Use case: what drafts save on first lines of real completions, each decoded with them and without, by turns. */
import type { LoadModelParams } from '../../../protocol/requests.ts';
import { complete } from '../../completion/complete.ts';
import { DocumentPrompts } from '../../completion/prompt/document-prompts.ts';
import { tokenCounter } from '../../completion/prompt/token-counter.ts';
import { noKeystrokes, typePassage } from '../keystrokes.ts';
import { lineTasks } from '../line-tasks.ts';
import { passages, type Passage } from '../passages.ts';
import { type EvaluationTools, type Session, withSession } from '../session.ts';
import { draftFigures, type DraftFigures } from './draft-figures.ts';
import { decodePair, type Pair } from './pair.ts';

export interface DraftsOptions {
  readonly load: LoadModelParams;
  /** Files and folders. */
  readonly paths: readonly string[];
  /** Random places of each language. */
  readonly tasks: number;
  /** Passages that are typed, and the most completions of each. */
  readonly passages: number;
  readonly perPassage: number;
  readonly seed: number;
}

export interface DraftsEvaluation {
  readonly model: string;
  readonly figures: readonly DraftFigures[];
}

/** The editor's default. */
const maxTokens = 64;

/**
 * @returns null where the signal ended it
 * @throws EngineError
 */
export async function evaluateDrafts(
  options: DraftsOptions,
  tools: EvaluationTools,
): Promise<DraftsEvaluation | null> {
  const material = { ...options, humanEval: null, every: 1 };
  return await withSession(material, tools, async (session) => ({
    model: session.model.description.name,
    figures: await new Run(session).figures(options),
  }));
}

interface Place {
  readonly prefix: string;
  readonly suffix: string;
  readonly path: string | null;
}

class Run {
  readonly #session: Session;
  readonly #prompts: DocumentPrompts;
  #pairs: Pair[] = [];

  constructor(session: Session) {
    const { native, description } = session.model;
    this.#session = session;
    this.#prompts = new DocumentPrompts({
      native,
      description,
      count: tokenCounter((text) => native.tokenize(text, false)),
    });
  }

  async figures(options: DraftsOptions): Promise<DraftFigures[]> {
    const { material, progress } = this.#session;
    const { heldOut } = material;
    const tasks = [...heldOut].flatMap(([language, files]) =>
      lineTasks(files, options.tasks, `${String(options.seed)}:drafts:${language}`),
    );
    const typed = passages(heldOut, options.passages, `${String(options.seed)}:drafts`);
    progress.expect(tasks.length + typed.length * options.perPassage);
    const figures: DraftFigures[] = [];
    for (const task of tasks) await this.#suggest(task, 'random places');
    if (this.#pairs.length > 0) figures.push(draftFigures('random', this.#pairs));
    this.#pairs = [];
    for (const passage of typed) await this.#type(passage, options.perPassage);
    if (this.#pairs.length > 0) figures.push(draftFigures('typed', this.#pairs));
    return figures;
  }

  async #type(passage: Passage, most: number): Promise<void> {
    let asked = 0;
    const ask = async (prefix: string, suffix: string) =>
      asked++ < most ? await this.#suggest({ ...passage, prefix, suffix }, 'typing') : '';
    await typePassage(passage, ask, noKeystrokes());
  }

  /** @returns the line that is suggested there */
  async #suggest({ prefix, suffix, path }: Place, doing: string): Promise<string> {
    const { model, signal, progress } = this.#session;
    signal.throwIfAborted();
    progress.tell(doing);
    const place = { prefix, suffix, path, document: path ?? '' };
    const limits = { maxTokens, maxLines: 1, maxMilliseconds: 0, temperature: 0, seed: 0 };
    const { text, tokens } = await complete(
      { ...place, ...limits },
      {
        model,
        prompts: this.#prompts,
        rates: patient,
        signal,
        onText: () => undefined,
        draft: false,
      },
    );
    signal.throwIfAborted();
    const prompt = this.#prompts.promptFor(place, maxTokens);
    const draftsFirst = this.#pairs.length % 2 === 0;
    if (tokens > 0) this.#pairs.push(await decodePair(model.native, prompt, tokens, draftsFirst));
    progress.step();
    return text;
  }
}

/** However long a prompt takes: every place is answered from all of its text. */
const patient = { affordableTokens: () => Infinity, record: () => undefined };
