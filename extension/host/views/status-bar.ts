/** The status bar item: shows what {@link statusText} says, and opens the menu. */
import * as vscode from 'vscode';
import type { CatalogueEntry } from '../../models/catalogue.ts';
import type { EngineState } from '../engine/engine-state.ts';
import type { EngineSupervisor } from '../engine/engine-supervisor.ts';
import { type Snooze, timeOfDay } from '../snooze.ts';
import { statusText, type Suggested } from './status-text.ts';
import { type FilledFigures, withMissing } from './with-missing.ts';

/** What is over within this shows no spinner: it would flicker with every key, and from file to file. */
const busyDelayMs = 250;
const passing: ReadonlySet<EngineState['kind']> = new Set(['busy', 'starting', 'loading']);
const links = [
  'hotset.toggle',
  'hotset.showMenu',
  'hotset.chooseModel',
  'hotset.showNeurons',
  'hotset.showLog',
];

export interface StatusBarTools {
  readonly snooze: Snooze;
  /** What an offline package carries; null: the small model. */
  readonly carried: CatalogueEntry | null;
}

export class StatusBar implements vscode.Disposable {
  readonly #supervisor: EngineSupervisor;
  readonly #tools: StatusBarTools;
  readonly #item: vscode.StatusBarItem;
  readonly #subscriptions: { dispose(): void }[];
  #last: FilledFigures | null = null;
  #suggested: Suggested | null = null;
  /** Of the model that these are of. */
  #path: string | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(supervisor: EngineSupervisor, tools: StatusBarTools) {
    this.#supervisor = supervisor;
    this.#tools = tools;
    this.#item = vscode.window.createStatusBarItem('status', vscode.StatusBarAlignment.Right, 100);
    this.#item.name = 'Hotset';
    this.#item.command = 'hotset.showMenu';
    this.#subscriptions = [
      tools.snooze.onChange(() => {
        this.#schedule(supervisor.state);
      }),
      supervisor.onState((state) => {
        this.#schedule(state);
      }),
      supervisor.onStatistics((figures) => {
        this.#last = withMissing(figures, this.#last);
        this.#schedule(supervisor.state);
      }),
    ];
    this.#show(supervisor.state);
    this.#item.show();
  }

  /** A suggestion came to the screen. */
  suggested(suggested: Suggested): void {
    this.#suggested = suggested;
    this.#schedule(this.#supervisor.state);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#item.dispose();
  }

  #schedule(state: EngineState): void {
    if (!passing.has(state.kind)) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#show(state);
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#show(this.#supervisor.state);
    }, busyDelayMs);
  }

  #show(state: EngineState): void {
    const path = 'model' in state ? state.model.path : null;
    if (path !== this.#path) this.#last = this.#suggested = null;
    this.#path = path;
    const { snooze, carried } = this.#tools;
    const { text, tooltip, severity } = statusText(state, this.#last, this.#suggested, {
      isEmbedded: this.#supervisor.wanted.path === null && carried === null,
      snoozedUntil: snooze.until === null ? '' : timeOfDay(snooze.until),
    });
    this.#item.text = text;
    this.#item.tooltip = tooltipOf(tooltip);
    this.#item.backgroundColor =
      severity === 'warning' ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
  }
}

function tooltipOf(markdown: string): vscode.MarkdownString {
  const actions =
    '[Menu](command:hotset.showMenu) · [Choose model](command:hotset.chooseModel) · [Neuron map](command:hotset.showNeurons) · ' +
    '[Log](command:hotset.showLog)';
  const tooltip = new vscode.MarkdownString(`${markdown}\n\n${actions}`);
  tooltip.isTrusted = { enabledCommands: links };
  return tooltip;
}
