/** Answers VS Code's question for an inline completion, from the cache or from the engine. */
import * as vscode from 'vscode';
import type { CompleteParams, CompleteResult } from '../../protocol/requests.ts';
import type { EngineSupervisor } from '../engine/engine-supervisor.ts';
import type { Settings } from '../settings.ts';
import { CompletionCache, type Suggestion } from './completion-cache.ts';
import { Debounce } from './debounce.ts';
import { type DocumentText, textAround } from './document-window.ts';
import { isEligible, isInsideWord } from './eligibility.ts';
import { workspacePath } from './workspace-path.ts';

/** Somebody who asks by hand gets more, and more time for it. */
const invokedFactor = 2;
const automaticTimeMs = 2_000;

type RequestText = DocumentText & Pick<CompleteParams, 'path'>;
export type CompletionEngine = Pick<EngineSupervisor, 'complete'>;
export type CompletionSettings = Pick<
  Settings,
  'isEnabled' | 'isLanguageEnabled' | 'debounceMs' | 'maxTokens' | 'maxLines' | 'minimumConfidence'
>;

export class CompletionProvider implements vscode.InlineCompletionItemProvider {
  readonly #engine: CompletionEngine;
  readonly #settings: CompletionSettings;
  readonly #cache = new CompletionCache();
  readonly #debounce = new Debounce();

  constructor(engine: CompletionEngine, settings: CompletionSettings) {
    this.#engine = engine;
    this.#settings = settings;
  }

  /** Another model or setting: earlier suggestions no longer count. */
  forget(): void {
    this.#cache.clear();
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[] | null> {
    if (!this.#settings.isEnabled || !this.#isEligible(document)) return null;

    const place = placeOf(position, context);
    const text = {
      ...textAround(document, place.replaced, place.insertion),
      path: workspacePath(document),
    };
    const isInvoked = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
    if (!isInvoked && isInsideWord(text.prefix, text.suffix)) return null;

    const known = this.#cache.find(text.prefix, text.suffix);
    // Asking by hand where nothing was offered before asks again, for more.
    const suggestion =
      known !== null && !(isInvoked && !known.isOffered) ? known : await this.#ask(text, isInvoked, token);
    if (suggestion?.isOffered !== true || token.isCancellationRequested) return null;
    return [itemFor(document, place, suggestion)];
  }

  #isEligible(document: vscode.TextDocument): boolean {
    const kind = { scheme: document.uri.scheme, languageId: document.languageId };
    return isEligible(kind, (languageId) => this.#settings.isLanguageEnabled(languageId));
  }

  async #ask(
    text: RequestText,
    isInvoked: boolean,
    token: vscode.CancellationToken,
  ): Promise<Suggestion | null> {
    const controller = new AbortController();
    const subscription = token.onCancellationRequested(() => {
      controller.abort();
    });
    try {
      if (!isInvoked) await pause(this.#debounce.delayMs(this.#settings.debounceMs), controller.signal);
      if (token.isCancellationRequested) return null;
      return await this.#request(text, isInvoked, controller.signal);
    } finally {
      subscription.dispose();
    }
  }

  async #request(text: RequestText, isInvoked: boolean, signal: AbortSignal): Promise<Suggestion | null> {
    const result = await this.#engine.complete(this.#params(text, isInvoked), signal);
    if (result === null) return null;

    this.#debounce.record(result.totalMs);
    const isOffered = result.text !== '' && (isInvoked || this.#isSureEnough(result));
    const suggestion = { text: result.text, overlap: result.overlap, isOffered };
    this.#cache.add(text.prefix, text.suffix, suggestion);
    return suggestion;
  }

  /** A model that can't tell how sure it is shows everything. */
  #isSureEnough({ confidence }: CompleteResult): boolean {
    return confidence === null || confidence >= this.#settings.minimumConfidence;
  }

  #params(text: RequestText, isInvoked: boolean): CompleteParams {
    const factor = isInvoked ? invokedFactor : 1;
    return {
      ...text,
      maxTokens: this.#settings.maxTokens * factor,
      maxLines: this.#settings.maxLines * factor,
      maxMilliseconds: automaticTimeMs * factor,
      temperature: 0,
      seed: 0,
    };
  }
}

/** Where the suggestion goes, and the text that VS Code takes to stand there already. */
interface Place {
  readonly replaced: vscode.Range;
  readonly insertion: string;
}

/** While the list of suggestions is open, ghost text must extend the selected one. */
function placeOf(position: vscode.Position, context: vscode.InlineCompletionContext): Place {
  const selected = context.selectedCompletionInfo;
  if (selected === undefined) return { replaced: new vscode.Range(position, position), insertion: '' };
  return { replaced: selected.range, insertion: selected.text };
}

function itemFor(
  document: vscode.TextDocument,
  place: Place,
  suggestion: Suggestion,
): vscode.InlineCompletionItem {
  const lineEnd = document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n';
  const text = place.insertion + suggestion.text.replaceAll('\n', lineEnd);
  const end = place.replaced.end.translate(0, suggestion.overlap);
  return new vscode.InlineCompletionItem(text, new vscode.Range(place.replaced.start, end));
}

/** Ends early when the signal is aborted. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds <= 0 || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    const onAbort = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
