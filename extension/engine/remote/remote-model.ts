/**
 * A model behind a server, as if it were one of our own: prompts come in {@link textTokens}, so that anchoring, trimming,
 * cancelling and the rest are the same code. What only a model of our own can do is refused.
 */
import type {
  NativeDescription,
  NativeGenerateOptions,
  NativeGeneration,
  NativeModel,
  NativePrefill,
} from '../addon.ts';
import { EngineError } from '../errors.ts';
import { Answer } from './answer.ts';
import { consultBy } from './consult.ts';
import { describe } from './description.ts';
import type { Dialect, Piece } from './dialect.ts';
import { messageReader } from './framing.ts';
import { longestMessage, messageIn, oneLine, refusal } from './refusal.ts';
import { Silence, silenceMs } from './silence.ts';
import { textOf, textPrompt, textTokens } from './text-tokens.ts';
import type { Transport } from './transport.ts';

/** More than any completion has, whatever stands around the text. */
const mostAnswerCharacters = 4_000_000;

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

  generateTogether(): never {
    throw new EngineError('badInput', 'a server is asked for one completion at a time');
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
    return Promise.resolve({
      activity: null,
      computed: null,
      recall: null,
      recallByLayer: [],
      adapting: null,
    });
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
    const read = messageReader(dialect.framing, (data) => {
      if (data === '[DONE]') answer.end(null);
      else if (!ended.signal.aborted) this.#hear(dialect, data, answer, fail);
      if (answer.isLate) ended.abort();
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
        read(text);
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
