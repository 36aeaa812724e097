/** Puts the parts together; nothing starts before the first completion is asked for. */
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { LogParams } from '../protocol/requests.ts';
import { registerCommands } from './commands.ts';
import { CompletionProvider } from './completion/completion-provider.ts';
import { EngineProcess } from './engine/engine-process.ts';
import { EngineSupervisor } from './engine/engine-supervisor.ts';
import { Settings } from './settings.ts';
import { notifyOfFailures } from './views/failure-notification.ts';
import { StatusBar } from './views/status-bar.ts';

export class Extension implements vscode.Disposable {
  readonly #supervisor: EngineSupervisor;
  readonly #disposables: vscode.Disposable;

  constructor(context: vscode.ExtensionContext) {
    const log = vscode.window.createOutputChannel('Hotset', { log: true });
    const settings = new Settings();
    const script = join(context.extensionPath, 'dist', 'engine.cjs');
    this.#supervisor = new EngineSupervisor({
      spawn: (events) => new EngineProcess(script, context.globalStorageUri.fsPath, events),
      loadParams: () => settings.loadParams(),
      log: (line) => {
        write(log, line);
      },
    });
    const provider = new CompletionProvider(this.#supervisor, settings);
    this.#disposables = vscode.Disposable.from(
      log,
      new StatusBar(this.#supervisor),
      notifyOfFailures(this.#supervisor),
      registerCommands({ supervisor: this.#supervisor, settings, log }),
      vscode.languages.registerInlineCompletionItemProvider({ pattern: '**' }, provider),
      followSettings(this.#supervisor, provider, settings),
    );
  }

  /** Ends the engine; VS Code waits a moment for it. */
  async close(): Promise<void> {
    await this.#supervisor.dispose();
  }

  dispose(): void {
    this.#disposables.dispose();
  }
}

function followSettings(
  supervisor: EngineSupervisor,
  provider: CompletionProvider,
  settings: Settings,
): vscode.Disposable {
  const apply = (needsLoad: boolean) => {
    provider.forget();
    void supervisor.setEnabled(settings.isEnabled);
    if (needsLoad) void supervisor.reload();
  };
  apply(false);
  return settings.onChange(({ needsLoad }) => {
    apply(needsLoad);
  });
}

function write(log: vscode.LogOutputChannel, { level, message }: LogParams): void {
  log[level](message);
}
