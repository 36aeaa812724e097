/** What a model's prompts tell of other files: gathered for a document, and again where it may have changed. */
import { basename } from 'node:path';
import type { AttendParams, OtherFilesParams, ToldText } from '../../protocol/requests.ts';
import type { NativeModel } from '../addon.ts';
import {
  repositoryContext,
  type RepositoryTokens,
  repositoryTokens,
} from '../completion/prompt/repository-context.ts';
import type { CountTokens } from '../completion/prompt/prompt-budget.ts';
import type { WriteLog } from '../native.ts';
import { languageOf } from '../profile/languages.ts';
import { importedDeclarations, type ReadFile } from './declarations.ts';
import { editorPieces } from './editor-pieces.ts';
import type { Piece } from './piece.ts';
import { nearestLines, type OpenFile, similarPieces } from './similar-pieces.ts';
import { newest } from './told-texts.ts';
import { filesBelow } from './workspace-folder.ts';

const nothing = new Int32Array(0);
/** What llama.cpp calls those that a request does not name. */
const unknownRepository = 'myproject';
const unknownFile = 'filename';

export class Neighbours {
  readonly #native: Pick<NativeModel, 'tokenize'>;
  readonly #count: CountTokens;
  readonly #log: WriteLog;
  /** null: the model was trained on files alone. */
  readonly #tokens: RepositoryTokens | null;
  /** What the editor told last; null: nothing yet. */
  #others: OtherFilesParams | null = null;
  /** Where was looked around last, and with what the editor had told by then. */
  #document: string | null = null;
  #othersThen: OtherFilesParams | null = null;
  #logged = '';

  constructor(native: Pick<NativeModel, 'tokenize'>, count: CountTokens, log: WriteLog = () => undefined) {
    this.#native = native;
    this.#count = count;
    this.#log = log;
    this.#tokens = repositoryTokens(native);
  }

  /** What the editor knows of other files: looked into when there is time next. */
  tell(others: OtherFilesParams): void {
    this.#others = others;
  }

  /** Whether the person was in another document in between, or the editor knows more: what this one imports may differ. */
  mayHaveChanged(document: string): boolean {
    return this.#document !== document || this.#othersThen !== this.#others;
  }

  /**
   * @param budget tokens, about
   * @returns what stands in front of the prompts of a place, empty where there is nothing to tell; null: aborted
   */
  async contextOf(place: AttendParams, budget: number, signal: AbortSignal): Promise<Int32Array | null> {
    const others = this.#others;
    const context = await this.#gather(place, others, budget, signal);
    if (signal.aborted) return null;
    this.#document = place.document ?? null;
    this.#othersThen = others;
    return context;
  }

  async #gather(
    { folder, path, told, ...place }: AttendParams,
    others: OtherFilesParams | null,
    budget: number,
    signal: AbortSignal,
  ): Promise<Int32Array> {
    if (this.#tokens === null) return nothing;
    if (folder === undefined) return this.#toldBy(told ?? [], this.#tokens, path, budget);
    if (typeof path !== 'string') return nothing;
    const file = { ...place, path: path.replaceAll('\\', '/'), text: place.prefix + place.suffix };
    const known = others?.folder === folder ? others : null;
    const found = known !== null && known.document === place.document ? known.found : [];
    const unsaved = new Map(known?.unsaved.map((each) => [each.path, each.text]));
    const read = filesBelow(folder, unsaved);
    const declared = await importedDeclarations(file, read, { found, signal });
    const open = () => similarPieces(nearestLines(place), openFiles(file.path, known?.open ?? [], read));
    const pieces = editorPieces(declared, open, budget, this.#count);
    if (!signal.aborted) this.#say(file.path, pieces, unsaved);
    return repositoryContext(
      { name: basename(folder), path: file.path, pieces },
      { tokens: this.#tokens, tokenize: (text) => this.#native.tokenize(text, false) },
    );
  }

  #toldBy(
    told: readonly ToldText[],
    tokens: RepositoryTokens,
    path: string | null | undefined,
    budget: number,
  ): Int32Array {
    return repositoryContext(
      { name: unknownRepository, path: path ?? unknownFile, pieces: newest(told, budget, this.#count) },
      { tokens, tokenize: (text) => this.#native.tokenize(text, false) },
    );
  }

  /** Which files a prompt tells of is a person's to know; what it tells of them is not the log's. */
  #say(path: string, pieces: readonly Piece[], unsaved: ReadonlyMap<string, string>): void {
    const files = [...new Set(pieces.map((piece) => piece.path))];
    const names = files.map((name) => (unsaved.has(name) ? `${name} (not saved)` : name)).join(', ');
    const line = `prompts in ${path} tell of ${names === '' ? 'no other file' : names}`;
    if (line === this.#logged) return;
    this.#logged = line;
    this.#log('debug', line);
  }
}

/** Those of the file's own language: what is written in another one is no example. */
function openFiles(path: string, open: readonly string[], read: ReadFile): OpenFile[] {
  const others = open.filter((other) => other !== path && languageOf(other) === languageOf(path));
  return others.flatMap((other) => {
    const text = read(other);
    return text === null ? [] : [{ path: other, text }];
  });
}
