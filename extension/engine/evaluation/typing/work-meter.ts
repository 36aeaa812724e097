/** What a policy makes the model compute, and what of it comes to anything: a look over the addon's shoulder. */
import type { NativeAddon, NativeGeneration, NativeModel } from '../../addon.ts';
import type { Suggestion } from './typed-document.ts';

/** One call that computed. */
interface Computation {
  /** Number of the keystroke it began after. */
  readonly key: number;
  /** By `prefill`, while nothing was asked for. */
  readonly isAhead: boolean;
  readonly prompt: Int32Array;
  /** Tokens of the prompt that were there already: the computed ones follow. */
  cached: number;
  prefilled: number;
  decoded: number;
  /** What it generated, as far as it is. */
  text: string;
  /** null: ended before its first token. */
  took: { readonly prefillMs: number; readonly decodeMs: number } | null;
  isShown: boolean;
  /** Later calls found so many of its tokens, from the prompt's first on, in the cache. */
  reused: number;
}

/** Generations, those that were called off before their first token, and how long the others took on average. */
export interface RequestFigures {
  readonly requests: number;
  readonly cancelledRequests: number;
  /** null: there were no others. */
  readonly prefillMsPerRequest: number | null;
  readonly decodeMsPerRequest: number | null;
}

/** Tokens. */
export interface Work {
  /** By requests. */
  readonly prefilled: number;
  /** While nothing was asked for. */
  readonly ahead: number;
  readonly decoded: number;
}

/** Calls before the newest ones have left the cache. */
const remembered = 128;

export class WorkMeter {
  readonly #computations: Computation[] = [];
  /** Number of the newest keystroke, from 0; less: what is computed now is for none. */
  key = -1;

  /** The addon whose models tell this meter what they compute. */
  watch(addon: NativeAddon): NativeAddon {
    return overriding(addon, {
      loadModel: async (options, onProgress) => this.#watchModel(await addon.loadModel(options, onProgress)),
    });
  }

  /** A suggestion is on the screen: the newest generation that says it was worth computing. */
  shown({ text }: Suggestion): void {
    const source = this.#newest().find((computation) => computation.text.includes(text.trim()));
    if (source !== undefined) source.isShown = true;
  }

  /** By the keystroke after which it was begun, of `keys` keystrokes. */
  perKey(keys: number): Work[] {
    const sums = Array.from({ length: keys }, () => ({ prefilled: 0, ahead: 0, decoded: 0 }));
    for (const { key, isAhead, prefilled, decoded } of this.#computations) {
      const sum = sums[key];
      if (sum === undefined) continue;
      sum[isAhead ? 'ahead' : 'prefilled'] += prefilled;
      sum.decoded += decoded;
    }
    return sums;
  }

  /** Share of all computed tokens that neither led to what was shown nor were found in the cache later; null: none. */
  thrownAwayShare(): number | null {
    const all = this.#computations.reduce((sum, { prefilled, decoded }) => sum + prefilled + decoded, 0);
    const used = this.#computations.reduce((sum, one) => sum + usedOf(one), 0);
    return all === 0 ? null : (all - used) / all;
  }

  requestFigures(): RequestFigures {
    const requests = this.#computations.filter(({ isAhead }) => !isAhead);
    const begun = requests.flatMap(({ took }) => (took === null ? [] : [took]));
    const mean = (of: (took: (typeof begun)[number]) => number) =>
      begun.length === 0 ? null : begun.reduce((sum, took) => sum + of(took), 0) / begun.length;
    return {
      requests: requests.length,
      cancelledRequests: requests.length - begun.length,
      prefillMsPerRequest: mean(({ prefillMs }) => prefillMs),
      decodeMsPerRequest: mean(({ decodeMs }) => decodeMs),
    };
  }

  #watchModel(model: NativeModel): NativeModel {
    return overriding(model, {
      generate: async (prompt, options, onText) => {
        const computation = this.#begin(prompt, false);
        const generation = await model.generate(prompt, options, (text) => {
          computation.text += text;
          onText(text);
        });
        this.#endRequest(computation, generation);
        return generation;
      },
      prefill: async (prompt, options) => {
        const computation = this.#begin(prompt, true);
        const result = await model.prefill(prompt, options);
        const rest = prompt.length - result.computedTokens;
        const cached = result.isWhole ? rest : Math.min(rest, this.#heldOf(computation));
        this.#end(computation, cached, result.computedTokens);
        return result;
      },
    });
  }

  #begin(prompt: Int32Array, isAhead: boolean): Computation {
    const computation = {
      key: this.key,
      isAhead,
      prompt,
      cached: 0,
      prefilled: 0,
      decoded: 0,
      text: '',
      took: null,
      isShown: false,
      reused: 0,
    };
    this.#computations.push(computation);
    return computation;
  }

  #endRequest(computation: Computation, generation: NativeGeneration): void {
    const { cachedTokens, prefilledTokens, tokens, prefillMs, decodeMs } = generation;
    computation.decoded = tokens.length;
    if (tokens.length > 0) computation.took = { prefillMs, decodeMs };
    this.#end(computation, cachedTokens, prefilledTokens);
  }

  #end(computation: Computation, cached: number, prefilled: number): void {
    computation.cached = cached;
    computation.prefilled = prefilled;
    for (const earlier of this.#before(computation)) {
      const shared = Math.min(cached, commonStart(earlier.prompt, computation.prompt));
      earlier.reused = Math.max(earlier.reused, shared);
    }
  }

  /** How much of a prompt earlier calls have computed: what a call found that was called off, which does not tell. */
  #heldOf(computation: Computation): number {
    const shared = this.#before(computation).map((earlier) =>
      Math.min(earlier.cached + earlier.prefilled, commonStart(earlier.prompt, computation.prompt)),
    );
    return Math.max(0, ...shared);
  }

  #before(computation: Computation): Computation[] {
    return this.#newest().filter((other) => other !== computation);
  }

  /** Newest first. */
  #newest(): Computation[] {
    return this.#computations.slice(-remembered).reverse();
  }
}

function usedOf({ isShown, cached, prefilled, decoded, reused }: Computation): number {
  return isShown ? prefilled + decoded : Math.min(prefilled, Math.max(0, reused - cached));
}

function commonStart(left: Int32Array, right: Int32Array): number {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length++;
  return length;
}

/** The same object with other methods in places; native objects want their own methods called on themselves. */
function overriding<Target extends object>(target: Target, methods: Partial<Target>): Target {
  return new Proxy(target, {
    get(_, name) {
      const other: unknown = Reflect.get(methods, name);
      if (other !== undefined) return other;
      const own: unknown = Reflect.get(target, name, target);
      return typeof own === 'function' ? (own.bind(target) as unknown) : own;
    },
  });
}
