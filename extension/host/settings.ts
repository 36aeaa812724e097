/** Typed access to the settings of package.json. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import type { CacheType, LocalDecoderName, Mode } from '../protocol/figures.ts';
import type { LoadModelParams, NeuronSettings, ServerParams } from '../protocol/requests.ts';
import { type ServerAddress, serverAddress } from './server/server-address.ts';
import type { DocumentKind } from './completion/eligibility.ts';
import type { Snooze } from './snooze.ts';

const section = 'hotset';

/** Changing one of these means loading the model again. */
const loadSettings = [
  'model.path',
  'model.pathByLanguage',
  'model.decoder',
  'model.mode',
  'model.hotThreshold',
  'model.coldSparsity',
  'model.contextLength',
  'model.cacheType',
  'engine.threads',
  'engine.gpuBudget',
  'engine.idleMinutes',
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
  'model.pathByLanguage': Record<string, string>;
  'model.decoder': LocalDecoderName | 'auto';
  'model.mode': Mode | 'auto';
  'model.hotThreshold': number;
  'model.coldSparsity': number;
  'model.contextLength': number;
  'model.cacheType': CacheType;
  'engine.threads': number;
  'engine.gpuBudget': string;
  'engine.idleMinutes': number;
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

  /** Of an engine that nobody asks anything, until it rests; 0: it never does. */
  get idleMs(): number {
    return this.#get('engine.idleMinutes') * 60_000;
  }

  /** @returns empty: the model that came with Hotset */
  modelPath(languageId?: string): string {
    const own = languageId === undefined ? undefined : this.#modelPaths[languageId];
    return resolved(own ?? this.#get('model.path'));
  }

  /** Whether a language has a model of its own. */
  hasOwnModel(languageId: string): boolean {
    return this.#modelPaths[languageId] !== undefined;
  }

  /** Languages that a model, as {@link modelPath} names it, is for in particular. */
  languagesOf(path: string): string[] {
    const own = Object.entries(this.#modelPaths);
    return own.filter(([, each]) => resolved(each ?? '') === path).map(([languageId]) => languageId);
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

  loadParams(languageId?: string): LoadModelParams {
    const path = this.modelPath(languageId);
    return {
      path: path === '' ? null : path,
      decoder: this.#get('model.decoder'),
      mode: this.#get('model.mode'),
      hotThreshold: this.#get('model.hotThreshold'),
      coldSparsity: this.#get('model.coldSparsity'),
      contextLength: this.#get('model.contextLength'),
      cacheType: this.#get('model.cacheType'),
      threads: this.#get('engine.threads'),
      gpuBudget: this.#get('engine.gpuBudget'),
      idleMinutes: this.#get('engine.idleMinutes'),
      ...this.#serverParams(),
    };
  }

  #serverParams(): Pick<LoadModelParams, 'server'> {
    const { server } = this;
    if (server === null) return {};
    const { url } = server;
    return { server: { url, kind: this.#get('server.kind'), model: this.#get('server.model').trim() } };
  }

  /** What moves neurons between hot and cold, or between devices. */
  get neurons(): NeuronSettings {
    const { hotThreshold, coldSparsity = 0, gpuBudget = 'auto' } = this.loadParams();
    return { hotThreshold, coldSparsity, gpuBudget };
  }

  /** Sets those that differ. */
  async setNeuronSettings(wanted: NeuronSettings): Promise<void> {
    const { hotThreshold, coldSparsity, gpuBudget } = this.neurons;
    if (wanted.hotThreshold !== hotThreshold) await this.#set('model.hotThreshold', wanted.hotThreshold);
    if (wanted.coldSparsity !== coldSparsity) await this.#set('model.coldSparsity', wanted.coldSparsity);
    if (wanted.gpuBudget !== gpuBudget) await this.#set('engine.gpuBudget', wanted.gpuBudget);
  }

  async setEnabled(isEnabled: boolean): Promise<void> {
    await this.#set('enabled', isEnabled);
  }

  /**
   * @param path empty: the embedded model
   * @param languageId of the language that it is for in particular; null: for all that have none of their own
   */
  async setModelPath(path: string, languageId: string | null = null): Promise<void> {
    if (languageId !== null) await this.#setModelOf(languageId, path);
    else await this.#set('model.path', path === '' ? undefined : path);
  }

  /** The language has no model of its own any more. */
  async dropOwnModel(languageId: string): Promise<void> {
    await this.#setModelOf(languageId, undefined);
  }

  /** People may write anything there. */
  get #modelPaths(): Readonly<Record<string, string | undefined>> {
    const entries = Object.entries<unknown>(this.#get('model.pathByLanguage'));
    return Object.fromEntries(
      entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  }

  /** Where the language is named now; VS Code puts the values of all places together. */
  async #setModelOf(languageId: string, path: string | undefined): Promise<void> {
    const name = 'model.pathByLanguage';
    const configuration = vscode.workspace.getConfiguration(section);
    const { globalValue, workspaceValue } = configuration.inspect<Record<string, string>>(name) ?? {};
    const isWorkspace = workspaceValue?.[languageId] !== undefined;
    const { [languageId]: _before, ...others } = (isWorkspace ? workspaceValue : globalValue) ?? {};
    const values = path === undefined ? others : { ...others, [languageId]: path };
    const target = isWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
    await configuration.update(name, Object.keys(values).length === 0 ? undefined : values, target);
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

function resolved(written: string): string {
  return inWorkspace(withHome(written.trim()));
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
