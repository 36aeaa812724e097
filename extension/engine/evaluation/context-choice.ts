/** What a prompt may tell of other files, to compare: nothing, what the file imports, or what is most alike. */
import { importedDeclarations } from '../context/declarations.ts';
import type { Piece } from '../context/piece.ts';
import { tokenCounter } from '../completion/prompt/token-counter.ts';
import { fitting, repositoryContext, repositoryTokens } from '../completion/prompt/repository-context.ts';
import { EngineError } from '../errors.ts';
import type { LoadedModel } from '../model/load-model.ts';
import { languageOf } from '../profile/languages.ts';
import type { HeldOut } from './held-out.ts';
import { similarPieces } from './similar-pieces.ts';
import type { ContextOf, SuggestionRequest } from './suggest.ts';

/** Pieces of one kind. */
export interface ContextPart {
  readonly kind: 'declarations' | 'similar';
  /** Of the prompt, at most about so many tokens. */
  readonly tokens: number;
}

/** Empty: nothing is told. */
export type ContextChoice = readonly ContextPart[];

/** As the command line spells it. */
export function choiceName(choice: ContextChoice): string {
  return choice.map(({ kind, tokens }) => `${kind}:${String(tokens)}`).join('+') || 'none';
}

/** Of a person's screen. */
const linesAbove = 20;
const linesBelow = 8;
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
      pieces.push(...fitting(await piecesFor(kind, request, heldOut), tokens, count));
    }
    return repositoryContext({ name: repositoryName, path: request.path ?? '', pieces }, tools);
  };
}

async function piecesFor(
  kind: ContextPart['kind'],
  { prefix, suffix, path }: SuggestionRequest,
  heldOut: HeldOut,
): Promise<Piece[]> {
  if (path === null) return [];
  const files = heldOut.get(languageOf(path) ?? '') ?? [];
  const others = files.filter((file) => file.path !== path);
  if (kind === 'similar') return similarPieces(nearestLines(prefix, suffix), others);
  const texts = new Map(others.map((file) => [file.path, file.text]));
  return await importedDeclarations({ path, text: prefix + suffix }, (name) => texts.get(name) ?? null);
}

function nearestLines(prefix: string, suffix: string): string {
  const above = prefix.split('\n').slice(-linesAbove);
  const below = suffix.split('\n').slice(0, linesBelow);
  return [...above, ...below].join('\n');
}
