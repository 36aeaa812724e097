/**
 * llama.vscode's policy (version 0.0.63), for comparison: 256 lines above the cursor and 64 below; a key asks at once, or looks again every
 * 150 ms while an earlier request runs, none of which is called off; what follows an answer is asked for in advance.
 * Left out: its ring of pieces of other places, which costs prompt here and tells little within one file.
 */
import { loadModel } from '../../../../model/load-model.ts';
import type { Clock } from '../../clock.ts';
import type { PolicyTools, TypingPlace, TypingPolicy } from '../../policy.ts';
import type { Suggestion } from '../../typed-document.ts';
import { held, type HeldModel } from '../held-model.ts';
import { type LineWindow, lineWindow } from '../line-window.ts';
import { AnswerCache, type CacheKey } from './answer-cache.ts';
import { fitted, isDiscarded, withoutBlankEnd } from './answer-rules.ts';
import { type Infill, infillWith } from './infill.ts';

const linesAbove = 256;
const linesBelow = 64;
const pollMs = 150;
/** With more right of the cursor nothing is suggested by itself. */
const longestRight = 8;

export class LlamaVscodePolicy implements TypingPolicy {
  readonly #infill: Infill;
  readonly #clock: Clock;
  readonly #cache = new AnswerCache();
  readonly model: string;
  readonly close: () => Promise<void>;
  #isAsking = false;

  constructor(infill: Infill, clock: Clock, { model, close }: HeldModel) {
    this.#infill = infill;
    this.#clock = clock;
    this.model = model;
    this.close = close;
  }

  attend(): void {
    // A cursor that moves within one file fills the ring alone.
  }

  shown(): void {
    // What follows was asked for when the answer came.
  }

  async suggest(place: TypingPlace, signal: AbortSignal): Promise<Suggestion | null> {
    while (this.#isAsking) {
      await this.#clock.sleep(pollMs);
      if (signal.aborted) return null;
    }
    const window = lineWindow(place.prefix, place.suffix, linesAbove, linesBelow);
    if (window.right.trimEnd().length > longestRight) return null;
    return await this.#answer(window);
  }

  async #answer(window: LineWindow): Promise<Suggestion | null> {
    const key = keyOf(window);
    const known = this.#cache.find(key);
    const answer = known ?? (await this.#askAlone(key, window));
    const lines = withoutBlankEnd(answer.split('\n'));
    const { left, right, below } = window;
    // Where the line so far is blank, the answer brings its indentation along.
    const bare = key.prompt === '' ? withoutBlanks(lines, left.length) : lines;
    if (isDiscarded(bare, { left, right, below: below.split('\n').slice(1) })) return null;
    if (known === null) this.#cache.add(key, fitted(lines, right));
    if (right.trim() === '') this.#askAhead(key, lines, window);
    return { text: fitted(bare, right), overlap: 0 };
  }

  async #askAlone(key: CacheKey, window: LineWindow): Promise<string> {
    this.#isAsking = true;
    try {
      return await this.#ask(key, window);
    } finally {
      this.#isAsking = false;
    }
  }

  #ask(key: CacheKey, { left }: LineWindow): Promise<string> {
    return this.#infill({ ...key, indentation: left.length - left.trimStart().length });
  }

  /** What would follow the whole answer, asked for now; and what follows its first line, which the answer says. */
  #askAhead(key: CacheKey, lines: readonly string[], window: LineWindow): void {
    const [first = '', ...others] = lines;
    if (others.length > 0) {
      this.#cache.add(afterLine(key, first), others.join('\n'));
    }
    const accepted = lines.slice(0, -1).reduce(afterLine, key);
    const last = lines.at(-1) ?? '';
    const next = { ...accepted, prompt: accepted.prompt + last };
    if (this.#cache.has(next)) return;
    // It runs beside the flag, and so may hold up the next key's request.
    this.#ask(next, { ...window, left: next.prompt }).then(
      (answer) => {
        if (answer.trim() !== '') this.#cache.add(next, answer);
      },
      () => {
        // Nobody waits for it, and the next request tells what is wrong.
      },
    );
  }
}

function keyOf({ above, left, right, below }: LineWindow): CacheKey {
  return { prefix: above, prompt: left.trim() === '' ? '' : left, suffix: right + below + '\n' };
}

/** The text once the line is written and ended, with no more lines than before. */
function afterLine(key: CacheKey, line: string): CacheKey {
  const lines = `${key.prefix}${key.prompt}${line}\n`.split('\n').slice(0, -1);
  return {
    ...key,
    prefix: lines
      .slice(-linesAbove)
      .map((one) => one + '\n')
      .join(''),
    prompt: '',
  };
}

function withoutBlanks(lines: readonly string[], most: number): string[] {
  const [first = '', ...others] = lines;
  const blanks = Math.min(most, first.length - first.trimStart().length);
  return [first.slice(blanks), ...others];
}

/** @throws EngineError */
export async function openLlamaVscode(tools: PolicyTools): Promise<TypingPolicy> {
  const model = await loadModel(tools.load, tools);
  return new LlamaVscodePolicy(infillWith(model, tools.clock), tools.clock, held(model));
}
