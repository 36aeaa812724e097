/** The few classes of `vscode` that completions make or read, for tests outside an editor. */
import { registerHooks } from 'node:module';
import type * as vscode from 'vscode';

export class Position {
  readonly line: number;
  readonly character: number;

  constructor(line: number, character: number) {
    this.line = line;
    this.character = character;
  }

  translate(lines: number, characters: number): Position {
    return new Position(this.line + lines, this.character + characters);
  }
}

export class Range {
  readonly start: Position;
  readonly end: Position;

  constructor(start: Position, end: Position) {
    this.start = start;
    this.end = end;
  }
}

export class InlineCompletionItem {
  readonly insertText: string;
  readonly range: Range;

  constructor(insertText: string, range: Range) {
    this.insertText = insertText;
    this.range = range;
  }
}

export const EndOfLine = { LF: 1, CRLF: 2 };
export const InlineCompletionTriggerKind = { Invoke: 0, Automatic: 1 };
class Emitter {
  readonly #listeners = new Set<(event: unknown) => void>();

  readonly event = (listener: (event: unknown) => void): Disposable => {
    this.#listeners.add(listener);
    return new Disposable(() => this.#listeners.delete(listener));
  };

  fire(event: unknown): void {
    for (const listener of this.#listeners) listener(event);
  }
}

export class Disposable {
  readonly dispose: () => void;

  constructor(dispose: () => void) {
    this.dispose = dispose;
  }

  static from(...disposables: Disposable[]): Disposable {
    return new Disposable(() => {
      for (const disposable of disposables) disposable.dispose();
    });
  }
}

export class TabInputText {
  readonly uri: vscode.Uri;

  constructor(uri: vscode.Uri) {
    this.uri = uri;
  }
}

/** One folder, `/workspace`. */
const workspaceFolder = '/workspace/';
const changed = new Emitter();
const saved = new Emitter();
const closed = new Emitter();

export const workspace = {
  notebookDocuments: [],
  textDocuments: [] as vscode.TextDocument[],
  isTrusted: true,
  getWorkspaceFolder: ({ path, scheme }: { path: string; scheme: string }) =>
    path.startsWith(workspaceFolder) ? { uri: { scheme, fsPath: workspaceFolder } } : undefined,
  asRelativePath: ({ path }: { path: string }) => path.slice(workspaceFolder.length),
  /** What the settings say; each has its default where a test says nothing. */
  settings: new Map<string, unknown>(),
  getConfiguration: (section: string) => ({
    get: (key: string, whenUnset: unknown) => workspace.settings.get(`${section}.${key}`) ?? whenUnset,
  }),
  fs: { stat: () => Promise.resolve({ size: 1 }) },
  openTextDocument: ({ path }: { path: string }) =>
    Promise.resolve(workspace.textDocuments.find(({ uri }) => uri.path === path)),
  changed,
  saved,
  closed,
  onDidChangeTextDocument: changed.event,
  onDidSaveTextDocument: saved.event,
  onDidCloseTextDocument: closed.event,
};

/** Language support: what it answers is a test's to say. */
export const commands = {
  executeCommand: (_command: string, ..._parameters: unknown[]): Promise<unknown> =>
    Promise.resolve(undefined),
};

const switched = new Emitter();
const moved = new Emitter();

/** Messages that a person would see, oldest first. */
export const shownWarnings: string[] = [];

export const window = {
  showWarningMessage: (message: string) => {
    shownWarnings.push(message);
    return Promise.resolve(undefined);
  },
  activeTextEditor: undefined as vscode.TextEditor | undefined,
  tabGroups: { all: [{ tabs: [] as { input: unknown }[] }] },
  switched,
  moved,
  onDidChangeActiveTextEditor: switched.event,
  onDidChangeTextEditorSelection: moved.event,
};

/** From here on, `import 'vscode'` means this file. */
export function installFakeVscode(): void {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'vscode' ? { url: import.meta.url, shortCircuit: true } : next(specifier, context),
  });
}

export interface Cursor {
  readonly document: vscode.TextDocument;
  readonly position: vscode.Position;
}

/** @param text `|` stands for the cursor; lines end in CRLF if any does */
export function cursorIn(
  text: string,
  languageId = 'python',
  scheme = 'file',
  path = '/workspace/src/a.py',
): Cursor {
  const offset = text.indexOf('|');
  const content = text.replace('|', '');
  const positionAt = (at: number) => {
    const lines = content.slice(0, Math.max(0, at)).split('\n');
    return new Position(lines.length - 1, lines.at(-1)?.length ?? 0);
  };
  const offsetAt = ({ line, character }: Position) =>
    content
      .split('\n')
      .slice(0, line)
      .reduce((sum, before) => sum + before.length + 1, 0) + character;
  const document = {
    languageId,
    uri: { scheme, path, toString: () => `${scheme}:${path}` },
    isUntitled: scheme === 'untitled',
    eol: content.includes('\r\n') ? EndOfLine.CRLF : EndOfLine.LF,
    positionAt,
    offsetAt,
    getText: (range?: Range) =>
      range === undefined ? content : content.slice(offsetAt(range.start), offsetAt(range.end)),
  };
  return {
    document: document as unknown as vscode.TextDocument,
    position: positionAt(offset) as unknown as vscode.Position,
  };
}
