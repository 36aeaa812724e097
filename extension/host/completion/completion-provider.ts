/** Answers VS Code's question for an inline completion: whether one is offered there at all, and where it goes. */
import * as vscode from 'vscode';
import type { CompletionScheduler } from '../../scheduling/completion-scheduler.ts';
import type { Inquiries, Position } from '../../scheduling/inquiry.ts';
import type { Suggestion } from '../../scheduling/place.ts';
import { placeIn, type PlaceSettings } from './document-place.ts';
import { type EligibilitySettings, isInsideWord, refusalOf } from './eligibility.ts';

type Scheduler = Pick<CompletionScheduler, 'suggest' | 'known' | 'shown'>;

export interface ProviderListeners {
  /** Told of each question. */
  readonly onAsked?: () => void;
  /** Told of each suggestion that comes to the screen. */
  readonly onShown?: (suggestion: Suggestion) => void;
  /** Keeps what became of each question. */
  readonly inquiries?: Pick<Inquiries, 'begin'>;
}

export class CompletionProvider implements vscode.InlineCompletionItemProvider {
  readonly #scheduler: Scheduler;
  readonly #settings: EligibilitySettings & PlaceSettings;
  readonly #listeners: ProviderListeners;

  constructor(
    scheduler: Scheduler,
    settings: EligibilitySettings & PlaceSettings,
    listeners: ProviderListeners = {},
  ) {
    this.#scheduler = scheduler;
    this.#settings = settings;
    this.#listeners = listeners;
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[] | null> {
    this.#listeners.onAsked?.();
    const isInvoked = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
    const notes = this.#listeners.inquiries?.begin(positionOf(document, position), isInvoked);
    const refusal = refusalOf(document, this.#settings);
    if (refusal !== null) {
      notes?.note({ kind: 'refused', why: refusal });
      return null;
    }
    const target = targetOf(position, context);
    const place = placeIn(document, target.replaced, target.insertion, this.#settings);
    // Nothing is asked for there, but what was shown in front of a word stays while it is typed.
    const isMidWord = !isInvoked && isInsideWord(place.prefix, place.suffix);
    const asking = { isInvoked, ...(notes === undefined ? {} : { notes }) };
    const suggestion = isMidWord
      ? this.#scheduler.known(place)
      : await withSignal(token, (signal) => this.#scheduler.suggest(place, asking, signal));
    if (suggestion === null && isMidWord) notes?.note({ kind: 'refused', why: 'insideWord' });
    if (suggestion === null || token.isCancellationRequested) return null;
    // What is answered in time is shown: VS Code does not tell.
    notes?.note({ kind: 'shown', characters: suggestion.text.length });
    this.#listeners.onShown?.(suggestion);
    this.#scheduler.shown(place, suggestion);
    return [itemFor(document, target, suggestion)];
  }
}

function positionOf(document: vscode.TextDocument, { line, character }: vscode.Position): Position {
  return { document: document.uri.toString(), line, character };
}

/** Where the suggestion goes, and the text that VS Code takes to stand there already. */
interface Target {
  readonly replaced: vscode.Range;
  readonly insertion: string;
}

/** While the list of suggestions is open, ghost text must extend the selected one. */
function targetOf(position: vscode.Position, context: vscode.InlineCompletionContext): Target {
  const selected = context.selectedCompletionInfo;
  if (selected === undefined) return { replaced: new vscode.Range(position, position), insertion: '' };
  return { replaced: selected.range, insertion: selected.text };
}

function itemFor(
  document: vscode.TextDocument,
  target: Target,
  suggestion: Suggestion,
): vscode.InlineCompletionItem {
  const lineEnd = document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n';
  const text = target.insertion + suggestion.text.replaceAll('\n', lineEnd);
  const end = target.replaced.end.translate(0, suggestion.overlap);
  return new vscode.InlineCompletionItem(text, new vscode.Range(target.replaced.start, end));
}

/** Runs `work` with a signal that is aborted when the token is cancelled. */
async function withSignal<Result>(
  token: vscode.CancellationToken,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  const subscription = token.onCancellationRequested(() => {
    controller.abort();
  });
  try {
    return await work(controller.signal);
  } finally {
    subscription.dispose();
  }
}
