/**
 * The plain policy: every key calls the former request off and asks anew, after a short pause, with 256 lines above the cursor and
 * 64 below it. One sequence is kept, as far as the next prompt begins alike; of the answers those whose beginning is
 * typed.
 */
import { generate } from '../../../completion/generate.ts';
import { surroundingsOf } from '../../../completion/surroundings.ts';
import { firstLines } from '../../../completion/trimming/lines.ts';
import { isFinished, trimCompletion } from '../../../completion/trimming/trim-completion.ts';
import { loadModel, type LoadedModel } from '../../../model/load-model.ts';
import type { Clock } from '../clock.ts';
import type { PolicyTools, TypingPlace, TypingPolicy } from '../policy.ts';
import type { Suggestion } from '../typed-document.ts';
import { held, type HeldModel } from './held-model.ts';
import { infillingPrompt, lineWindow } from './line-window.ts';

const linesAbove = 256;
const linesBelow = 64;
const debounceMs = 50;
const mostTokens = 64;
const mostLines = 8;
const mostMilliseconds = 2_000;
const mostKnown = 100;
/** Where a window does not fit the context, it is taken again with so much less on both sides. */
const shrink = 0.8;
const greedy = { temperature: 0, topK: 0, topP: 1, minP: 0, seed: 0 };

export type AskModel = (place: TypingPlace, signal: AbortSignal) => Promise<Suggestion | null>;

interface Known {
  readonly prefix: string;
  readonly suffix: string;
  readonly suggestion: Suggestion;
}

export class PlainPolicy implements TypingPolicy {
  readonly #ask: AskModel;
  readonly #clock: Clock;
  /** Newest first. */
  #known: Known[] = [];
  readonly model: string;
  readonly close: () => Promise<void>;

  constructor(ask: AskModel, clock: Clock, { model, close }: HeldModel) {
    this.#ask = ask;
    this.#clock = clock;
    this.model = model;
    this.close = close;
  }

  attend(): void {
    // Nothing is computed before it is asked for.
  }

  async suggest(place: TypingPlace, signal: AbortSignal): Promise<Suggestion | null> {
    const known = this.#find(place);
    if (known !== null) return known;
    await this.#clock.sleep(debounceMs, signal);
    if (signal.aborted) return null;
    const suggestion = await this.#ask(place, signal);
    if (suggestion === null) return null;
    const { prefix, suffix } = place;
    this.#known = [{ prefix, suffix, suggestion }, ...this.#known].slice(0, mostKnown);
    return suggestion;
  }

  shown(): void {
    // Nothing hangs on it.
  }

  #find(place: TypingPlace): Suggestion | null {
    for (const known of this.#known) {
      const rest = restOf(known, place);
      if (rest !== null) return rest;
    }
    return null;
  }
}

function restOf({ prefix, suffix, suggestion }: Known, place: TypingPlace): Suggestion | null {
  if (suffix !== place.suffix || !place.prefix.startsWith(prefix)) return null;
  const typed = place.prefix.slice(prefix.length);
  if (typed === '') return suggestion;
  const { text, overlap } = suggestion;
  return text.startsWith(typed) && text !== typed ? { text: text.slice(typed.length), overlap } : null;
}

/** @throws EngineError */
export async function openPlain(tools: PolicyTools): Promise<TypingPolicy> {
  const model = await loadModel(tools.load, tools);
  return new PlainPolicy(askModel(model), tools.clock, held(model));
}

function askModel(model: LoadedModel): AskModel {
  return async (place, signal) => {
    const around = surroundingsOf(place.prefix, place.suffix);
    const { generation, isDone } = await generate(
      model.native,
      promptFor(model, place),
      { ...greedy, maxTokens: mostTokens, maxLines: mostLines + 1, maxMilliseconds: mostMilliseconds },
      {
        signal,
        onText: () => undefined,
        isDone: (text) => firstLines(text, mostLines) !== text || isFinished(text, around),
      },
    );
    if (signal.aborted) return null;
    const ranOut = !isDone && generation.stopReason !== 'endOfText' && generation.stopReason !== 'maxLines';
    return trimCompletion(firstLines(generation.text, mostLines), around, ranOut);
  };
}

function promptFor({ native, description }: LoadedModel, { prefix, suffix }: TypingPlace): Int32Array {
  const room = description.contextLength - mostTokens;
  for (let share = 1; ; share *= shrink) {
    const window = lineWindow(prefix, suffix, Math.ceil(linesAbove * share), Math.ceil(linesBelow * share));
    const prompt = infillingPrompt(
      description,
      [],
      [...native.tokenize(window.above + window.left, false)],
      [...native.tokenize(window.right + window.below, false)],
    );
    if (prompt.length <= room) return prompt;
  }
}
