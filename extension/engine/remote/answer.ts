/** What a server has said so far of one completion, and when. */
import { noDrafts } from '../../protocol/figures.ts';
import type { NativeGenerateOptions, NativeGeneration, NativeStopReason } from '../addon.ts';
import type { Piece } from './dialect.ts';
import { charactersPerToken } from './text-tokens.ts';

export class Answer {
  readonly #onText: (text: string) => void;
  readonly #mostMs: number;
  /** What was taken back of the prompt: the answer says it once more, or goes on behind it. */
  #held: string;
  readonly #started = performance.now();
  readonly #probabilities: number[] = [];
  readonly #ends: number[] = [];
  #firstAt: number | null = null;
  #lastAt = 0;
  #text = '';
  #pieces = 0;
  #end: Piece['end'] = null;
  #hasEnded = false;
  #promptTokens: number | null = null;
  #cachedTokens = 0;

  constructor(
    { maxMilliseconds, held }: Pick<NativeGenerateOptions, 'maxMilliseconds' | 'held'>,
    onText: (text: string) => void,
  ) {
    this.#mostMs = maxMilliseconds;
    this.#held = Buffer.from(held ?? []).toString();
    this.#onText = onText;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get isLate(): boolean {
    return this.#mostMs > 0 && this.#firstAt !== null && this.#lastAt - this.#firstAt > this.#mostMs;
  }

  add({ text, logProbability, end, promptTokens, cachedTokens }: Piece): void {
    this.#promptTokens = promptTokens ?? this.#promptTokens;
    this.#cachedTokens = cachedTokens ?? this.#cachedTokens;
    const said = this.#withoutHeld(text);
    if (said !== '') this.#say(said, logProbability);
    if (end !== null) this.end(end);
  }

  /** @param reason null: the server said that it is over, not why */
  end(reason: Piece['end']): void {
    this.#hasEnded = true;
    this.#end ??= reason;
  }

  generation(prompt: Int32Array, options: NativeGenerateOptions, isCancelled: boolean): NativeGeneration {
    const firstAt = this.#firstAt ?? performance.now();
    const isToldThroughout = this.#probabilities.length === this.#pieces;
    const promptTokens = this.#promptTokens ?? Math.ceil(prompt.length / charactersPerToken);
    return {
      text: this.#text,
      tokens: new Int32Array(this.#pieces),
      tokenProbabilities: Float32Array.from(isToldThroughout ? this.#probabilities : []),
      textEnds: Int32Array.from(isToldThroughout ? this.#ends : []),
      endProbability: null,
      stopReason: this.#stopReason(isCancelled),
      promptTokens,
      cachedTokens: Math.min(promptTokens, this.#cachedTokens),
      prefilledTokens: promptTokens,
      prefillMs: firstAt - this.#started,
      timeToFirstTokenMs: firstAt - this.#started,
      decodeMs: Math.max(0, this.#lastAt - firstAt),
      passes: this.#pieces,
      drafts: noDrafts(),
      activity: null,
      computed: null,
      recall: null,
      recallByLayer: [],
      adapting: null,
      held: options.sequence === undefined ? {} : { [options.sequence]: prompt.length },
    };
  }

  #withoutHeld(text: string): string {
    const held = this.#held;
    if (text !== '') this.#held = '';
    return text.startsWith(held) ? text.slice(held.length) : text;
  }

  #say(text: string, logProbability: number | null): void {
    this.#lastAt = performance.now();
    this.#firstAt ??= this.#lastAt;
    this.#text += text;
    this.#pieces++;
    if (logProbability !== null) {
      this.#probabilities.push(Math.exp(logProbability));
      this.#ends.push(Buffer.byteLength(this.#text));
    }
    this.#onText(text);
  }

  #stopReason(isCancelled: boolean): NativeStopReason {
    if (isCancelled) return 'cancelled';
    return this.isLate ? 'maxTime' : (this.#end ?? 'endOfText');
  }
}
