/** A native model that does as a test tells it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NativeGeneration, NativeLoadOptions, NativeModel } from '../../../extension/engine/addon.ts';
import { noDrafts } from '../../../extension/protocol/figures.ts';
import { description } from './description.ts';

/** Of a completion that says nothing. */
export const generation: NativeGeneration = {
  text: '',
  tokens: new Int32Array(0),
  tokenProbabilities: new Float32Array(0),
  textEnds: new Int32Array(0),
  endProbability: null,
  stopReason: 'endOfText',
  promptTokens: 3,
  cachedTokens: 1,
  prefilledTokens: 1,
  passes: 2,
  drafts: noDrafts(),
  prefillMs: 4,
  timeToFirstTokenMs: 5,
  decodeMs: 20,
  activity: 0.1,
  computed: 0.3,
  recall: 0.98,
  recallByLayer: [0.97, 0.99],
  adapting: null,
  held: {},
};

/** Says `pieces` one after the other, one in each turn of the event loop, and stops when it is cancelled. */
export class ScriptedModel implements NativeModel {
  readonly options: NativeLoadOptions;
  isDisposed = false;
  isGenerating = false;
  wasFreedInUse = false;
  /** Whether the last generation was watched. */
  wasWatched = false;
  pieces: string[] = [];
  described = description;
  prepared: { prompt: Int32Array; sequence: string }[] = [];
  measured: number[] = [];
  gaveWay = 0;
  said = 0;
  #cancelled = new AbortController();

  constructor(options: NativeLoadOptions) {
    this.options = options;
  }

  describe = () => this.described;
  tokenize = (text: string) => Int32Array.from(Buffer.from(text, 'latin1'));
  tokenizeHealed = (text: string) => ({ tokens: this.tokenize(text), held: new Uint8Array(0) });
  detokenize = (tokens: Int32Array) => Buffer.from(tokens).toString('latin1');
  logits = () => Promise.resolve(new Float32Array(0));
  takeTrace = () => Promise.resolve([]);
  takeStatistics = () =>
    Promise.resolve({ activity: null, computed: null, recall: null, recallByLayer: [], adapting: null });
  passMilliseconds = (_prompt: Int32Array, counts: Int32Array) => {
    this.measured = [...counts];
    return Promise.resolve(new Float64Array(0));
  };
  cancel = () => {
    this.#cancelled.abort();
  };
  /** Goes on until it is cancelled, as if it were long. */
  prefill = async (prompt: Int32Array, { sequence }: { sequence: string }) => {
    this.prepared.push({ prompt, sequence });
    const { signal } = (this.#cancelled = new AbortController());
    while (!signal.aborted) await nextTurn();
    this.gaveWay++;
    return { computedTokens: 1, isWhole: false, milliseconds: 1, held: { [sequence]: 1 } };
  };
  dispose = () => {
    this.wasFreedInUse ||= this.isGenerating;
    this.isDisposed = true;
  };
  release = () => {
    this.dispose();
    return Promise.resolve();
  };

  generateTogether = (): never => {
    throw nativeError('BAD_INPUT', 'one text at a time');
  };

  async generate(
    prompt: Int32Array,
    options: { readonly watch?: boolean },
    onText: (text: string) => void,
  ): Promise<NativeGeneration> {
    if (this.isDisposed) throw nativeError('BAD_INPUT', 'the model was disposed');
    const { signal } = (this.#cancelled = new AbortController());
    this.isGenerating = true;
    this.wasWatched = options.watch === true;
    this.said = 0;
    let text = '';
    for (const piece of this.pieces) {
      await nextTurn();
      if (signal.aborted) break;
      this.said++;
      text += piece;
      onText(piece);
    }
    this.isGenerating = false;
    const tokens = new Int32Array(this.said);
    const stopReason = signal.aborted ? 'cancelled' : 'endOfText';
    return {
      ...generation,
      text,
      tokens,
      ...tokensOf(this.pieces.slice(0, this.said)),
      passes: tokens.length + 1,
      stopReason,
      promptTokens: prompt.length,
      prefilledTokens: prompt.length - 1,
      firing: this.wasWatched ? { tokens: 2, shares: Uint8Array.of(128) } : null,
    };
  }
}

/** Each piece is a token of one half's probability; the end is one more, and certain. */
function tokensOf(pieces: readonly string[]) {
  let bytes = 0;
  return {
    textEnds: Int32Array.from(pieces, (piece) => (bytes += Buffer.byteLength(piece))),
    tokenProbabilities: new Float32Array(pieces.length).fill(0.5),
    endProbability: 1,
  };
}

/** As the addon throws it. */
export function nativeError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
