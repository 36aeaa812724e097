/** Typed access to the settings of package.json. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { DecoderName, Mode } from '../protocol/figures.ts';
import type { LoadModelParams } from '../protocol/requests.ts';

const section = 'hotset';

/** Changing one of these means loading the model again. */
const loadSettings = [
  'model.path',
  'model.decoder',
  'model.mode',
  'model.hotThreshold',
  'model.contextLength',
  'engine.threads',
].map((name) => `${section}.${name}`);

export class Settings {
  get isEnabled(): boolean {
    return this.#get('enabled', true);
  }

  /** Milliseconds without typing before a completion is asked for. */
  get debounceMs(): number {
    return this.#get('debounceMilliseconds', 50);
  }

  get maxTokens(): number {
    return this.#get('maxTokens', 64);
  }

  get maxLines(): number {
    return this.#get('maxLines', 8);
  }

  get modelPath(): string {
    return withHome(this.#get('model.path', '').trim());
  }

  isLanguageEnabled(languageId: string): boolean {
    const languages = this.#get<Record<string, boolean>>('languages', {});
    return languages[languageId] ?? languages['*'] ?? true;
  }

  loadParams(): LoadModelParams {
    return {
      path: this.modelPath === '' ? null : this.modelPath,
      decoder: this.#get<DecoderName | 'auto'>('model.decoder', 'auto'),
      mode: this.#get<Mode | 'auto'>('model.mode', 'auto'),
      hotThreshold: this.#get('model.hotThreshold', 0.3),
      contextLength: this.#get('model.contextLength', 4096),
      threads: this.#get('engine.threads', 0),
    };
  }

  async setEnabled(isEnabled: boolean): Promise<void> {
    await this.#set('enabled', isEnabled);
  }

  /** @param path empty: the embedded model */
  async setModelPath(path: string): Promise<void> {
    await this.#set('model.path', path === '' ? undefined : path);
  }

  async setLanguageEnabled(languageId: string, isEnabled: boolean): Promise<void> {
    const languages = this.#get<Record<string, boolean>>('languages', {});
    await this.#set('languages', { ...languages, [languageId]: isEnabled });
  }

  onChange(callback: (change: SettingsChange) => void): vscode.Disposable {
    return vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration(section)) return;
      callback({ needsLoad: loadSettings.some((name) => event.affectsConfiguration(name)) });
    });
  }

  #get<Value>(name: string, fallback: Value): Value {
    return vscode.workspace.getConfiguration(section).get<Value>(name, fallback);
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

/** `~/model.gguf`, as people write paths in settings. */
function withHome(path: string): string {
  return /^~[/\\]/.test(path) ? join(homedir(), path.slice(2)) : path;
}

export interface SettingsChange {
  readonly needsLoad: boolean;
}
