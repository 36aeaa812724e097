/** Answers VS Code's question for an inline completion: whether one is offered there at all, and where it goes. */
import * as vscode from 'vscode';
import { CompletionScheduler, type SchedulerEngine } from '../../scheduling/completion-scheduler.ts';
import type { Place, Suggestion } from '../../scheduling/place.ts';
import type { Settings } from '../settings.ts';
import { textAround } from './document-window.ts';
import { isEligible, isInsideWord } from './eligibility.ts';
import { workspacePath } from './workspace-path.ts';

export type CompletionSettings = Pick<
  Settings,
  'isEnabled' | 'isLanguageEnabled' | 'debounceMs' | 'maxTokens' | 'maxLines' | 'minimumConfidence'
>;

export class CompletionProvider implements vscode.InlineCompletionItemProvider {
  readonly #settings: CompletionSettings;
  readonly #scheduler: CompletionScheduler;

  constructor(engine: SchedulerEngine, settings: CompletionSettings) {
    this.#settings = settings;
    this.#scheduler = new CompletionScheduler(engine, settings);
  }

  /** Another model or setting: earlier suggestions no longer count. */
  forget(): void {
    this.#scheduler.forget();
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[] | null> {
    if (!this.#settings.isEnabled || !this.#isEligible(document)) return null;

    const target = targetOf(position, context);
    const place = placeOf(document, target);
    const isInvoked = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
    if (!isInvoked && isInsideWord(place.prefix, place.suffix)) return null;

    const suggestion = await withSignal(token, (signal) =>
      this.#scheduler.suggest(place, { isInvoked }, signal),
    );
    if (suggestion === null || token.isCancellationRequested) return null;
    // What is answered in time is shown: VS Code does not tell.
    this.#scheduler.shown(place, suggestion);
    return [itemFor(document, target, suggestion)];
  }

  #isEligible(document: vscode.TextDocument): boolean {
    const kind = { scheme: document.uri.scheme, languageId: document.languageId };
    return isEligible(kind, (languageId) => this.#settings.isLanguageEnabled(languageId));
  }
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

function placeOf(document: vscode.TextDocument, { replaced, insertion }: Target): Place {
  return {
    document: document.uri.toString(),
    languageId: document.languageId,
    path: workspacePath(document),
    ...textAround(document, replaced, insertion),
  };
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
