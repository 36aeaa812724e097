/** Asks the editor's language support where a document's imports lead to, and what those files declare. */
import * as vscode from 'vscode';
import type { FoundDeclaration, FoundFile } from '../../protocol/requests.ts';
import { orAborted } from '../../scheduling/abort.ts';
import { type ImportedName, importedNames, importsLength } from './imported-names.ts';
import { signatures, type FileSymbol } from './signatures.ts';
import { tellablePath } from './tellable.ts';

/** Of a document so many names are asked for, and of each name so many files taken. */
const mostNames = 32;
const mostFilesOfName = 4;
/** Bytes: a larger file is not opened for its symbols. */
const largestFile = 262_144;
/** The engine reads these by grammars of its own. */
const readByEngine = /\.(?:[cm]?[jt]sx?|pyi?|c|cc|cpp|cxx|h|hh|hpp|hxx)$/i;

/** What a document imports, as a text that changes with it. */
export function importsOf(document: vscode.TextDocument): string {
  return namesIn(document)
    .map(({ name, offset }) => `${name ?? ''} ${wordAt(document, offset)}`)
    .join('\n');
}

interface Target {
  readonly uri: vscode.Uri;
  readonly path: string;
  /** null: all. */
  names: string[] | null;
}

/**
 * Only providers that are there answer: nothing is started for it, and no file of another language is opened.
 * @param signal aborted: what was found by then counts
 */
export async function findImported(document: vscode.TextDocument, signal: AbortSignal): Promise<FoundFile[]> {
  const targets = new Map<string, Target>();
  for (const imported of namesIn(document)) {
    if (signal.aborted) break;
    const uris = await orAborted(definitionsOf(document, imported), signal);
    for (const uri of (uris ?? []).slice(0, mostFilesOfName)) note(uri, imported, document, targets);
  }
  const found: FoundFile[] = [];
  for (const target of targets.values()) {
    const { path, names } = target;
    if (readByEngine.test(path)) found.push({ path, names });
    else if (endOf(path) === endOf(document.uri.path) && !signal.aborted) {
      const declarations = await orAborted(declarationsOf(target), signal);
      if (declarations !== null && declarations.length > 0) found.push({ path, names, declarations });
    }
  }
  return found;
}

function namesIn(document: vscode.TextDocument): ImportedName[] {
  const end = document.positionAt(importsLength);
  const text = document.getText(new vscode.Range(new vscode.Position(0, 0), end));
  return importedNames(text, document.languageId).slice(0, mostNames);
}

function wordAt(document: vscode.TextDocument, offset: number): string {
  const start = document.positionAt(offset);
  return document.getText(new vscode.Range(start, document.positionAt(offset + 64))).split('\n')[0] ?? '';
}

async function definitionsOf(document: vscode.TextDocument, { offset }: ImportedName): Promise<vscode.Uri[]> {
  const answer = await vscode.commands.executeCommand<(vscode.Location | vscode.LocationLink)[] | undefined>(
    'vscode.executeDefinitionProvider',
    document.uri,
    document.positionAt(offset),
  );
  return (answer ?? []).map((each) => ('targetUri' in each ? each.targetUri : each.uri));
}

function note(
  uri: vscode.Uri,
  { name }: ImportedName,
  document: vscode.TextDocument,
  targets: Map<string, Target>,
): void {
  const path = tellablePath(uri, document);
  // A name that leads nowhere leads to itself.
  if (path === null || uri.toString() === document.uri.toString()) return;
  const target = targets.get(path);
  if (target === undefined) targets.set(path, { uri, path, names: name === null ? null : [name] });
  else if (name === null) target.names = null;
  else if (target.names?.includes(name) === false) target.names.push(name);
}

async function declarationsOf({ uri, names }: Target): Promise<FoundDeclaration[]> {
  const { size } = await vscode.workspace.fs.stat(uri);
  if (size > largestFile) return [];
  const symbols = await vscode.commands.executeCommand<
    (vscode.DocumentSymbol | vscode.SymbolInformation)[] | undefined
  >('vscode.executeDocumentSymbolProvider', uri);
  if (symbols === undefined || symbols.length === 0) return [];
  const document = await vscode.workspace.openTextDocument(uri);
  return signatures(symbols.map(plain), document.getText(), names);
}

function plain(symbol: vscode.DocumentSymbol | vscode.SymbolInformation): FileSymbol {
  const { name, kind } = symbol;
  if ('location' in symbol) return { name, kind, firstLine: symbol.location.range.start.line, children: [] };
  return { name, kind, firstLine: symbol.selectionRange.start.line, children: symbol.children.map(plain) };
}

function endOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1).toLowerCase();
}
