/** The text around a position, as much of it as any model can use, with line feeds alone. */
import * as vscode from 'vscode';
import type { Place } from '../../scheduling/place.ts';

export type DocumentText = Pick<Place, 'prefix' | 'suffix' | 'isPrefixWhole' | 'isSuffixWhole'>;

/** UTF-16 units on each side: more than fits a context of 16,000 tokens. */
const longestPrefix = 65_536;
const longestSuffix = 32_768;
/**
 * The text starts and ends at steps from the document's start and end: it grows at the cursor alone, and what is known of
 * it counts on, while somebody types in a long file.
 */
const spacing = 16_384;
const notebookScheme = 'vscode-notebook-cell';

/**
 * @param replaced the range that `insertion` stands in for; the cursor is taken to be behind the insertion
 */
export function textAround(
  document: vscode.TextDocument,
  replaced: vscode.Range,
  insertion: string,
): DocumentText {
  const start = windowStart(document, replaced.start);
  const end = windowEnd(document, replaced.end);
  const before = document.getText(new vscode.Range(start, replaced.start));
  const after = document.getText(new vscode.Range(replaced.end, end));
  return {
    prefix: withLineFeeds(cellsBefore(document) + withoutBrokenStart(before) + insertion),
    suffix: withLineFeeds(withoutBrokenEnd(after)),
    isPrefixWhole: document.offsetAt(start) === 0,
    isSuffixWhole: document.offsetAt(end) === endOf(document),
  };
}

function windowStart(document: vscode.TextDocument, position: vscode.Position): vscode.Position {
  const earliest = document.offsetAt(position) - longestPrefix;
  if (earliest <= 0) return new vscode.Position(0, 0);
  return document.positionAt(Math.ceil(earliest / spacing) * spacing);
}

function windowEnd(document: vscode.TextDocument, position: vscode.Position): vscode.Position {
  const end = endOf(document);
  const beyond = end - document.offsetAt(position) - longestSuffix;
  if (beyond <= 0) return document.positionAt(end);
  return document.positionAt(end - Math.ceil(beyond / spacing) * spacing);
}

function endOf(document: vscode.TextDocument): number {
  return document.offsetAt(document.positionAt(Number.MAX_SAFE_INTEGER));
}

/** A notebook's cells of the same language read like one file. */
function cellsBefore(document: vscode.TextDocument): string {
  if (document.uri.scheme !== notebookScheme) return '';
  const notebook = vscode.workspace.notebookDocuments.find((candidate) =>
    candidate.getCells().some((cell) => cell.document === document),
  );
  if (notebook === undefined) return '';
  const cells = notebook.getCells();
  const index = cells.findIndex((cell) => cell.document === document);
  const texts = cells
    .slice(0, index)
    .filter((cell) => cell.document.languageId === document.languageId)
    .map((cell) => cell.document.getText() + '\n\n');
  return texts.join('').slice(-longestPrefix);
}

function withLineFeeds(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

/** Without half of a surrogate pair. */
function withoutBrokenStart(text: string): string {
  return /^[\uDC00-\uDFFF]/.test(text) ? text.slice(1) : text;
}

function withoutBrokenEnd(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;
}
