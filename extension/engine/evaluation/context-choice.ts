/** What a prompt may tell of other files, to compare: nothing, what the file imports, or what is most alike. */
import { posix } from 'node:path';
import { importedDeclarations } from '../context/declarations.ts';
import { editorPieces } from '../context/editor-pieces.ts';
import type { Piece } from '../context/piece.ts';
import { nearestLines, type OpenFile, similarPieces } from '../context/similar-pieces.ts';
import type { CountTokens } from '../completion/prompt/prompt-budget.ts';
import { tokenCounter } from '../completion/prompt/token-counter.ts';
import { fitting, repositoryContext, repositoryTokens } from '../completion/prompt/repository-context.ts';
import { EngineError } from '../errors.ts';
import type { LoadedModel } from '../model/load-model.ts';
import { languageOf } from '../profile/languages.ts';
import type { HeldOut } from './held-out.ts';
import { Random } from './random.ts';
import type { ContextOf, SuggestionRequest } from './suggest.ts';

/** `editor`: declarations first, and pieces of open files in the room that these leave. */
export const contextKinds = ['declarations', 'similar', 'open', 'editor'] as const;

/** Pieces of one kind. */
export interface ContextPart {
  readonly kind: (typeof contextKinds)[number];
  /** Of the prompt, at most about so many tokens. */
  readonly tokens: number;
}

/** Empty: nothing is told. */
export type ContextChoice = readonly ContextPart[];

/** As the command line spells it. */
export function choiceName(choice: ContextChoice): string {
  return choice.map(({ kind, tokens }) => `${kind}:${String(tokens)}`).join('+') || 'none';
}

/** Documents that a person has open beside the one they are in. */
const openDocuments = 10;
/** No repository's. */
const repositoryName = 'repository';

/** @throws EngineError where the model was not trained on repositories */
export function contextOf(choice: ContextChoice, { native, path }: LoadedModel, heldOut: HeldOut): ContextOf {
  const tokenize = (text: string) => native.tokenize(text, false);
  const tokens = repositoryTokens(native);
  if (tokens === null) throw new EngineError('badInput', `${path} has no tokens for other files`);
  const count = tokenCounter(tokenize);
  const tools = { tokens, tokenize };
  return async (request) => {
    const pieces: Piece[] = [];
    for (const { kind, tokens } of choice) {
      pieces.push(...(await piecesFor(kind, request, heldOut, { tokens, count })));
    }
    return repositoryContext({ name: repositoryName, path: request.path ?? '', pieces }, tools);
  };
}

interface Room {
  readonly tokens: number;
  readonly count: CountTokens;
}

async function piecesFor(
  kind: ContextPart['kind'],
  request: SuggestionRequest,
  heldOut: HeldOut,
  { tokens, count }: Room,
): Promise<Piece[]> {
  const { path } = request;
  if (path === null) return [];
  const files = heldOut.get(languageOf(path) ?? '') ?? [];
  const others = files.filter((file) => file.path !== path);
  if (kind === 'similar') return fitting(similarPieces(nearestLines(request), others), tokens, count);
  const texts = new Map(others.map((file) => [file.path, file.text]));
  const read = (name: string) => texts.get(name) ?? null;
  const declared = await importedDeclarations({ path, text: request.prefix + request.suffix }, read);
  if (kind === 'declarations') return fitting(declared, tokens, count);
  const imported = new Set(declared.map((piece) => piece.path));
  const open = () => similarPieces(nearestLines(request), openBeside(path, others, imported));
  return kind === 'open' ? fitting(open(), tokens, count) : editorPieces(declared, open, tokens, count);
}

/** Some of those that a person may have open who works at a file: what it imports, and what lies beside it. */
function openBeside(path: string, files: readonly OpenFile[], imported: ReadonlySet<string>): OpenFile[] {
  const near = files.filter(
    (file) => imported.has(file.path) || posix.dirname(file.path) === posix.dirname(path),
  );
  const random = new Random(`open beside ${path}`);
  const open: OpenFile[] = [];
  while (near.length > 0 && open.length < openDocuments)
    open.push(...near.splice(random.below(near.length), 1));
  return open;
}
