/** Typed access to the settings of package.json. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import type { LocalDecoderName, Mode } from '../protocol/figures.ts';
import type { LoadModelParams, ServerParams } from '../protocol/requests.ts';
import { type ServerAddress, serverAddress } from './server/server-address.ts';
import type { DocumentKind } from './completion/eligibility.ts';
import type { Snooze } from './snooze.ts';

const section = 'hotset';

/** Changing one of these means loading the model again. */
const loadSettings = [
  'model.path',
  'model.decoder',
  'model.mode',
  'model.hotThreshold',
  'model.coldSparsity',
  'model.contextLength',
  'engine.threads',
  'engine.gpuBudget',
  'server.url',
  'server.kind',
  'server.model',
].map((name) => `${section}.${name}`);

/** Type of each setting; the manifest sees to it that nothing else gets in. */
interface Values {
  enabled: boolean;
  languages: Record<string, boolean>;
  exclude: Record<string, boolean>;
  debounceMilliseconds: number;
  maxTokens: number;
  maxLines: number;
  minimumConfidence: number;
  readImports: boolean;
  'models.mirror': string;
  'model.path': string;
  'model.decoder': LocalDecoderName | 'auto';
  'model.mode': Mode | 'auto';
  'model.hotThreshold': number;
  'model.coldSparsity': number;
  'model.contextLength': number;
  'engine.threads': number;
  'engine.gpuBudget': string;
  'server.url': string;
  'server.kind': ServerParams['kind'];
  'server.model': string;
}

export class Settings {
  readonly #snooze: Pick<Snooze, 'until'>;

  constructor(snooze: Pick<Snooze, 'until'>) {
    this.#snooze = snooze;
  }

  get isEnabled(): boolean {
    return this.#get('enabled');
  }

  /** Off until a moment that {@link Snooze} knows. */
  get isSnoozed(): boolean {
    return this.#snooze.until !== null;
  }

  /** Longest wait without typing before a completion is asked for, in milliseconds. */
  get debounceMs(): number {
    return this.#get('debounceMilliseconds');
  }

  get maxTokens(): number {
    return this.#get('maxTokens');
  }

  get maxLines(): number {
    return this.#get('maxLines');
  }

  /** Below it, between 0 and 1, nothing is suggested while typing. */
  get minimumConfidence(): number {
    return this.#get('minimumConfidence');
  }

  /** Whether files that a document imports may be read. */
  get readsImports(): boolean {
    return this.#get('readImports');
  }

  get modelPath(): string {
    return inWorkspace(withHome(this.#get('model.path').trim()));
  }

  /** Where models come from in place of Hugging Face: an address or a folder; empty for Hugging Face itself. */
  get modelMirror(): string {
    return withHome(this.#get('models.mirror').trim());
  }

  /** null: this machine completes. */
  get server(): ServerAddress | null {
    const written = this.#get('server.url').trim();
    return written === '' ? null : serverAddress(written);
  }

  isLanguageEnabled(languageId: string): boolean {
    const languages = this.#get('languages');
    return languages[languageId] ?? languages['*'] ?? true;
  }

  /** By the globs of `hotset.exclude`, of whole paths or of those below the workspace folder. */
  isExcluded(document: DocumentKind): boolean {
    const globs = Object.entries(this.#get('exclude')).filter(([, isOn]) => isOn);
    // No more of a document is looked at there than what it is called and written in.
    return globs.some(
      ([glob]) => vscode.languages.match(filtersOf(glob), document as vscode.TextDocument) > 0,
    );
  }

  loadParams(): LoadModelParams {
    return {
      path: this.modelPath === '' ? null : this.modelPath,
      decoder: this.#get('model.decoder'),
      mode: this.#get('model.mode'),
      hotThreshold: this.#get('model.hotThreshold'),
      coldSparsity: this.#get('model.coldSparsity'),
      contextLength: this.#get('model.contextLength'),
      threads: this.#get('engine.threads'),
      gpuBudget: this.#get('engine.gpuBudget'),
      ...this.#serverParams(),
    };
  }

  #serverParams(): Pick<LoadModelParams, 'server'> {
    const { server } = this;
    if (server === null) return {};
    const { url } = server;
    return { server: { url, kind: this.#get('server.kind'), model: this.#get('server.model').trim() } };
  }

  async setEnabled(isEnabled: boolean): Promise<void> {
    await this.#set('enabled', isEnabled);
  }

  /** @param path empty: the embedded model */
  async setModelPath(path: string): Promise<void> {
    await this.#set('model.path', path === '' ? undefined : path);
  }

  async setLanguageEnabled(languageId: string, isEnabled: boolean): Promise<void> {
    const languages = this.#get('languages');
    await this.#set('languages', { ...languages, [languageId]: isEnabled });
  }

  onChange(callback: (change: SettingsChange) => void): vscode.Disposable {
    return vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration(section)) return;
      callback({ needsLoad: loadSettings.some((name) => event.affectsConfiguration(name)) });
    });
  }

  /** Defaults are the manifest's. */
  #get<Name extends keyof Values>(name: Name): Values[Name] {
    const value = vscode.workspace.getConfiguration(section).get<Values[Name]>(name);
    if (value === undefined) throw new Error(`the manifest has no default for ${section}.${name}`);
    return value;
  }

  /** Where the value is set now, so that the change shows; else for all of the person's windows. */
  async #set(name: string, value: unknown): Promise<void> {
    const configuration = vscode.workspace.getConfiguration(section);
    const target =
      configuration.inspect(name)?.workspaceValue === undefined
        ? vscode.ConfigurationTarget.Global
        : vscode.ConfigurationTarget.Workspace;
    await configuration.update(name, value, target);
  }
}

function filtersOf(glob: string): vscode.DocumentFilter[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return [
    { pattern: glob },
    ...folders.map((folder) => ({ pattern: new vscode.RelativePattern(folder, glob) })),
  ];
}

/** A path that is not absolute begins in the first workspace folder, whose name may be written out. */
function inWorkspace(path: string): string {
  if (path === '' || isAbsolute(path)) return path;
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
  return folder === undefined
    ? path
    : join(folder.uri.fsPath, path.replace(/^\$\{workspaceFolder\}[/\\]/, ''));
}

/** `~/model.gguf`, as people write paths in settings. */
function withHome(path: string): string {
  return /^~[/\\]/.test(path) ? join(homedir(), path.slice(2)) : path;
}

export interface SettingsChange {
  readonly needsLoad: boolean;
}
