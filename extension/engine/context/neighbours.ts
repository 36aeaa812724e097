/** What a model's prompts tell of other files: gathered for a document, and again where it may have changed. */
import { basename } from 'node:path';
import type { AttendParams } from '../../protocol/requests.ts';
import type { NativeModel } from '../addon.ts';
import {
  repositoryContext,
  type RepositoryTokens,
  repositoryTokens,
} from '../completion/prompt/repository-context.ts';
import type { CountTokens } from '../completion/prompt/prompt-budget.ts';
import { importedDeclarations } from './declarations.ts';
import { filesBelow } from './workspace-folder.ts';

const nothing = new Int32Array(0);

export class Neighbours {
  readonly #native: Pick<NativeModel, 'tokenize'>;
  readonly #count: CountTokens;
  /** null: the model was trained on files alone. */
  readonly #tokens: RepositoryTokens | null;
  /** Which was looked around last. */
  #document: string | null = null;

  constructor(native: Pick<NativeModel, 'tokenize'>, count: CountTokens) {
    this.#native = native;
    this.#count = count;
    this.#tokens = repositoryTokens(native);
  }

  /** Whether the person was in another document in between, and may have changed what this one imports. */
  mayHaveChanged(document: string): boolean {
    return this.#document !== document;
  }

  /**
   * @param budget tokens, about
   * @returns what stands in front of the prompts of a place, empty where there is nothing to tell; null: aborted
   */
  async contextOf(place: AttendParams, budget: number, signal: AbortSignal): Promise<Int32Array | null> {
    const context = await this.#gather(place, budget, signal);
    if (signal.aborted) return null;
    this.#document = place.document ?? null;
    return context;
  }

  async #gather(
    { folder, path, ...place }: AttendParams,
    budget: number,
    signal: AbortSignal,
  ): Promise<Int32Array> {
    if (this.#tokens === null || folder === undefined || typeof path !== 'string') return nothing;
    const file = { ...place, path: path.replaceAll('\\', '/'), text: place.prefix + place.suffix };
    const pieces = await importedDeclarations(file, filesBelow(folder), signal);
    return repositoryContext({ name: basename(folder), path: file.path, pieces }, budget, {
      tokens: this.#tokens,
      tokenize: (text) => this.#native.tokenize(text, false),
      count: this.#count,
    });
  }
}
