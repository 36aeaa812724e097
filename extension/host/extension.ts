/** Puts the parts together; nothing starts before somebody looks at a file that is completed. */
import { join } from 'node:path';
import * as vscode from 'vscode';
import { modelFolder } from '../models/model-folder.ts';
import type { LogParams } from '../protocol/requests.ts';
import { CompletionScheduler } from '../scheduling/completion-scheduler.ts';
import { Inquiries } from '../scheduling/inquiry.ts';
import { registerCommands } from './commands.ts';
import { followAttention } from './completion/attention.ts';
import { CatchUp } from './completion/catch-up.ts';
import { CompletionProvider } from './completion/completion-provider.ts';
import { EngineProcess } from './engine/engine-process.ts';
import { EngineSupervisor } from './engine/engine-supervisor.ts';
import { NeuronMap } from './map/neuron-map.ts';
import { carriedModel } from './models/carried-model.ts';
import { Downloads } from './models/downloads.ts';
import { OtherFilesFollower } from './other-files/follow-other-files.ts';
import { LogMemory } from './report/log-memory.ts';
import { ServerKeys } from './server/server-keys.ts';
import { serverLink } from './server/server-link.ts';
import { Settings } from './settings.ts';
import { Snooze } from './snooze.ts';
import { notifyOfFailures } from './views/failure-notification.ts';
import { notifyOfServer } from './views/server-notification.ts';
import { StatusBar } from './views/status-bar.ts';
import { notifyOfWarnings } from './views/warning-notification.ts';
import { provideWhyPage } from './why/why-nothing.ts';

export class Extension implements vscode.Disposable {
  readonly #supervisor: EngineSupervisor;
  readonly #downloads: Downloads;
  readonly #disposables: vscode.Disposable;

  constructor(context: vscode.ExtensionContext) {
    const log = vscode.window.createOutputChannel('Hotset', { log: true });
    const logMemory = new LogMemory();
    const write = (line: LogParams) => {
      logMemory.add(line);
      log[line.level](line.message);
    };
    const snooze = new Snooze(context.workspaceState);
    const settings = new Settings(snooze);
    const keys = new ServerKeys(context.secrets);
    const link = serverLink({ address: () => settings.server, keyOf: (origin) => keys.keyOf(origin) });
    const script = join(context.extensionPath, 'dist', 'engine.cjs');
    this.#supervisor = new EngineSupervisor({
      spawn: (events) => new EngineProcess(script, context.globalStorageUri.fsPath, events, link),
      loadParams: (place) => settings.loadParams(place?.languageId),
      idleMs: () => settings.idleMs,
      log: write,
    });
    this.#downloads = new Downloads({
      folder: modelFolder(),
      mirror: () => settings.modelMirror,
      log: (message) => {
        write({ level: 'info', message });
      },
    });
    const scheduler = new CompletionScheduler(this.#supervisor, settings);
    const carried = carriedModel(context.extensionPath);
    const inquiries = new Inquiries();
    const catchUp = new CatchUp({ extensionId: context.extension.id });
    const provider = new CompletionProvider(scheduler, settings, {
      inquiries,
      onAsked: () => {
        catchUp.asked();
      },
      onShown: ({ confidence, isFromCache = false }) => {
        statusBar.suggested({ confidence, isFromCache });
      },
    });
    const statusBar = new StatusBar(this.#supervisor, { snooze, carried });
    const neuronMap = new NeuronMap({
      supervisor: this.#supervisor,
      settings,
      extensionUri: context.extensionUri,
    });
    this.#disposables = vscode.Disposable.from(
      log,
      snooze,
      statusBar,
      neuronMap,
      notifyOfFailures(this.#supervisor),
      notifyOfServer(this.#supervisor),
      notifyOfWarnings(this.#supervisor, context.globalState),
      provideWhyPage(),
      registerCommands({
        supervisor: this.#supervisor,
        settings,
        snooze,
        carried,
        downloads: this.#downloads,
        keys,
        log,
        inquiries,
        logMemory,
        neuronMap,
        extension: context.extension,
      }),
      vscode.languages.registerInlineCompletionItemProvider({ pattern: '**' }, provider),
      followAttention(scheduler, settings),
      followFiles(this.#supervisor, settings, log),
      followSettings(this.#supervisor, scheduler, { settings, snooze }),
      catchUp,
    );
  }

  /** Pauses downloads and ends the engine; VS Code waits a moment for it. */
  async close(): Promise<void> {
    await Promise.all([this.#downloads.close(), this.#supervisor.dispose()]);
  }

  dispose(): void {
    this.#disposables.dispose();
  }
}

function followSettings(
  supervisor: EngineSupervisor,
  scheduler: CompletionScheduler,
  { settings, snooze }: { readonly settings: Settings; readonly snooze: Snooze },
): vscode.Disposable {
  const apply = (needsLoad: boolean) => {
    scheduler.forget();
    void supervisor.setEnabled(settings.isEnabled && !settings.isSnoozed);
    if (needsLoad) void supervisor.reload();
  };
  apply(false);
  return vscode.Disposable.from(
    settings.onChange(({ needsLoad }) => {
      apply(needsLoad);
    }),
    snooze.onChange(() => {
      apply(false);
    }),
  );
}

/** Whether other files are of use is known once the model is. */
function followFiles(
  supervisor: EngineSupervisor,
  settings: Settings,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  let isUseful = false;
  const follower = new OtherFilesFollower(supervisor, settings, {
    isUseful: () => isUseful,
    log: (line) => {
      log.debug(line);
    },
  });
  const states = supervisor.onState((state) => {
    const wasUseful = isUseful;
    isUseful = 'model' in state && state.model.readsOtherFiles;
    if (isUseful && !wasUseful) follower.look();
  });
  return vscode.Disposable.from(follower, states);
}
