/**
 * A model behind a server, as if it were one of our own: prompts come in {@link textTokens}, so that anchoring, trimming,
 * cancelling and the rest are the same code. What only a model of our own can do is refused.
 */
import { createParser } from 'eventsource-parser';
import { noDrafts } from '../../protocol/figures.ts';
import type {
  NativeDescription,
  NativeGenerateOptions,
  NativeGeneration,
  NativeModel,
  NativePrefill,
  NativeStopReason,
} from '../addon.ts';
import { EngineError } from '../errors.ts';
import { consultBy } from './consult.ts';
import type { Dialect, Piece } from './dialect.ts';
import { errorMessage } from './json.ts';
import { control, textOf, textPrompt, textTokens } from './text-tokens.ts';
import type { Transport } from './transport.ts';

/** Characters; what a token stands for on average, in code. */
const charactersPerToken = 3;
/** Tokens: of a longer context nothing would be gained, and each keystroke sends it. */
const mostContext = 4_096;
/** A server that says nothing for so long hangs. */
const silenceMs = 15_000;
/** More than any completion has, whatever stands around the text. */
const mostAnswerCharacters = 4_000_000;
const longestMessage = 300;

export interface RemoteServer {
  readonly url: string;
  readonly dialect: Dialect;
  readonly transport: Transport;
}

export class RemoteModel implements NativeModel {
  readonly #url: string;
  readonly #transport: Transport;
  #dialect: Dialect;
  #running = new AbortController();
  #isDisposed = false;

  constructor({ url, dialect, transport }: RemoteServer) {
    this.#url = url;
    this.#dialect = dialect;
    this.#transport = transport;
  }

  describe(): NativeDescription {
    return describe(this.#dialect);
  }

  tokenize(text: string, parseSpecial: boolean): Int32Array {
    return textTokens(text, parseSpecial && this.#dialect.readsOtherFiles);
  }

  /**
   * Where a longer token could begin, only the server knows; but a word's token mostly has the space before it, so that one is
   * taken back.
   */
  tokenizeHealed(text: string) {
    const held = text.endsWith(' ') ? ' ' : '';
    return { tokens: textTokens(text.slice(0, text.length - held.length), false), held: Buffer.from(held) };
  }

  detokenize(tokens: Int32Array): string {
    return textOf(tokens);
  }

  /** @throws EngineError `server` */
  async generate(
    prompt: Int32Array,
    options: NativeGenerateOptions,
    onText: (text: string) => void,
  ): Promise<NativeGeneration> {
    if (this.#isDisposed) throw new EngineError('badInput', 'the model was disposed');
    const { signal } = (this.#running = new AbortController());
    const answer = new Answer(options, onText);
    try {
      await this.#ask(prompt, options, signal, answer);
    } catch (error) {
      if (!signal.aborted && !answer.isLate) throw error;
    }
    return answer.generation(prompt, options, signal.aborted);
  }

  /** Sends nothing: what is attended to without a word typed stays here. */
  prefill(prompt: Int32Array, { sequence }: { readonly sequence: string }): Promise<NativePrefill> {
    return Promise.resolve({
      computedTokens: 0,
      isWhole: true,
      milliseconds: 0,
      held: { [sequence]: prompt.length },
    });
  }

  passMilliseconds(): Promise<Float64Array> {
    return Promise.resolve(new Float64Array(0));
  }

  cancel(): void {
    this.#running.abort();
  }

  logits(): Promise<Float32Array> {
    return Promise.reject(new EngineError('badInput', 'a server tells no logits'));
  }

  takeStatistics() {
    return Promise.resolve({ activity: null, computed: null, recall: null, recallByLayer: [] });
  }

  takeTrace() {
    return Promise.resolve([]);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.cancel();
  }

  release(): Promise<void> {
    this.dispose();
    return Promise.resolve();
  }

  async #ask(
    prompt: Int32Array,
    options: NativeGenerateOptions,
    signal: AbortSignal,
    answer: Answer,
  ): Promise<void> {
    const { status, body } = await this.#send(this.#dialect, prompt, options, signal, answer);
    if (status === 200) {
      if (!answer.hasEnded) throw this.#refused('its answer broke off');
      return;
    }
    const message = messageIn(body);
    const other = this.#dialect.otherwise(status, message);
    if (other === null) throw this.#refused(refusal(status, message));
    this.#dialect = other;
    await this.#ask(prompt, options, signal, answer);
  }

  /** @returns what came besides events */
  async #send(
    dialect: Dialect,
    prompt: Int32Array,
    options: NativeGenerateOptions,
    signal: AbortSignal,
    answer: Answer,
  ): Promise<{ status: number; body: string }> {
    const ended = new AbortController();
    const troubles: EngineError[] = [];
    const fail = (reason: string) => {
      troubles.push(this.#refused(reason));
      ended.abort();
    };
    const parser = createParser({
      onEvent: ({ data }) => {
        if (data === '[DONE]') answer.end(null);
        else if (!ended.signal.aborted) this.#hear(dialect, data, answer, fail);
        if (answer.isLate) ended.abort();
      },
    });
    let body = '';
    let characters = 0;
    const silence = new Silence(() => {
      fail(`it says nothing for ${silenceMs / 1000} seconds`);
    });
    try {
      const either = AbortSignal.any([signal, ended.signal]);
      const consult = consultBy(this.#transport, either);
      const request = await dialect.ask(textPrompt(prompt), options, consult);
      const status = await this.#transport.send(request, either, (text) => {
        silence.isBroken();
        characters += text.length;
        if (characters > mostAnswerCharacters) fail('its answer has no end');
        if (body.length < longestMessage * 10) body += text;
        parser.feed(text);
      });
      if (troubles[0] !== undefined) throw troubles[0];
      return { status, body };
    } catch (error) {
      throw troubles[0] ?? this.#refused(error instanceof Error ? error.message : String(error));
    } finally {
      silence.end();
    }
  }

  #hear(dialect: Dialect, data: string, answer: Answer, fail: (reason: string) => void): void {
    let piece: Piece | null;
    try {
      piece = dialect.read(JSON.parse(data));
    } catch (error) {
      const said = error instanceof SyntaxError || !(error instanceof Error) ? '' : error.message;
      fail(said === '' ? 'its answer is none that Hotset understands' : oneLine(said));
      return;
    }
    if (piece !== null) answer.add(piece);
  }

  #refused(reason: string): EngineError {
    return new EngineError('server', `${this.#url}: ${reason}`);
  }
}

/** What came so far. */
class Answer {
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

/** Ends what is not heard of. */
class Silence {
  readonly #onEnd: () => void;
  #timer: NodeJS.Timeout;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
    this.#timer = setTimeout(onEnd, silenceMs);
  }

  isBroken(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onEnd, silenceMs);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

export function refusal(status: number, message: string): string {
  const said = message === '' ? '' : `: ${oneLine(message)}`;
  if (status === 401 || status === 403) return `it refuses the key (${status})${said}`;
  if (status >= 300 && status < 400) return `it leads elsewhere (${status}), where nothing is sent`;
  return `it answers with status ${status}${said}`;
}

export function messageIn(body: string): string {
  try {
    return errorMessage(JSON.parse(body));
  } catch {
    return '';
  }
}

function oneLine(message: string): string {
  return message.replace(/\s+/g, ' ').trim().slice(0, longestMessage);
}

function describe({ model, contextLength }: Dialect): NativeDescription {
  const context = Math.min(contextLength ?? mostContext, mostContext);
  return {
    name: model,
    architecture: 'server',
    hiddenActivation: 'other',
    quantisation: '',
    parameters: 0,
    sizeBytes: 0,
    layers: 0,
    embeddingLength: 0,
    neuronsPerLayer: 0,
    vocabularySize: 0,
    // Of a prompt's tokens, which are characters.
    contextLength: context * charactersPerToken,
    trainedContextLength: context,
    decoder: 'server',
    decoderReason: 'asked for',
    mode: 'dense',
    kernel: null,
    threads: 0,
    profileCorpus: null,
    hotShare: 1,
    gpuShare: 0,
    device: null,
    gpuBytes: 0,
    attentionLayersOnGpu: 0,
    headOnGpu: false,
    predictor: null,
    predictorBytes: 0,
    gateBytes: 0,
    upDownBytes: 0,
    fim: {
      prefix: control.prefix,
      suffix: control.suffix,
      middle: control.middle,
      order: 'psm',
      path: false,
    },
    warnings: [],
    confidenceWeights: null,
    beginningOfSequence: null,
    feedForwardBytes: 0,
    ownPredictorBytes: 0,
    lookedUpBytes: 0,
    cacheBytesPerToken: 0,
  };
}
