/** What a prompt may tell of other files, to compare: nothing, what the file imports, or what is most alike. */
import { importedDeclarations } from '../context/declarations.ts';
import type { Piece } from '../context/piece.ts';
import { tokenCounter } from '../completion/prompt/token-counter.ts';
import { repositoryContext, repositoryTokens } from '../completion/prompt/repository-context.ts';
import { EngineError } from '../errors.ts';
import type { LoadedModel } from '../model/load-model.ts';
import { languageOf } from '../profile/languages.ts';
import type { HeldOut } from './held-out.ts';
import { similarPieces } from './similar-pieces.ts';
import type { ContextOf, SuggestionRequest } from './suggest.ts';

export interface ContextChoice {
  readonly kind: 'none' | 'declarations' | 'similar';
  /** Of the prompt, at most about so many tokens. */
  readonly tokens: number;
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
  const tools = { tokens, tokenize, count: tokenCounter(tokenize) };
  return async (request) => {
    const pieces = await piecesFor(choice, request, heldOut);
    const about = { name: repositoryName, path: request.path ?? '', pieces };
    return repositoryContext(about, choice.tokens, tools);
  };
}

async function piecesFor(
  { kind }: ContextChoice,
  { prefix, suffix, path }: SuggestionRequest,
  heldOut: HeldOut,
): Promise<Piece[]> {
  if (kind === 'none' || path === null) return [];
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
