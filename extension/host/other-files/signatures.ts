/** Signatures of what a file declares, from the symbols that a language's support tells of it, for a model's prompt. */
import type { FoundDeclaration } from '../../protocol/requests.ts';

/** The parts of a `DocumentSymbol` that matter here; older providers tell a flat list with ranges alone. */
export interface FileSymbol {
  readonly name: string;
  /** VS Code's `SymbolKind`. */
  readonly kind: number;
  /** Lines, from 0. */
  readonly firstLine: number;
  readonly children: readonly FileSymbol[];
}

/** Of VS Code's `SymbolKind`: module, namespace and package hold what a file declares. */
const holders = new Set([1, 2, 3]);
/** Module, namespace, package, class, method, property, field, constructor, enum, interface, function, variable, constant, object, struct, enum member. */
const told = new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 18, 21, 22]);
const mostSymbols = 40;
const mostMembers = 40;
/** A signature may go on over so many lines. */
const mostLines = 4;

/**
 * @param names what is wanted; null: all
 * @returns of each wanted symbol its first line or lines, up to its body, and those of its members; private ones are left out
 */
export function signatures(
  symbols: readonly FileSymbol[],
  text: string,
  names: readonly string[] | null,
): FoundDeclaration[] {
  const lines = text.split(/\r?\n/);
  const declared = symbols.flatMap((symbol) => (holders.has(symbol.kind) ? [...symbol.children] : [symbol]));
  const wanted = declared.flatMap((symbol) => {
    const name = names === null ? symbol.name : names.find((each) => says(symbol.name, each));
    return name === undefined || !told.has(symbol.kind) ? [] : [{ name, symbol }];
  });
  return wanted
    .slice(0, mostSymbols)
    .map(({ name, symbol }) => ({ name, text: signature(symbol, lines) }))
    .filter((declaration) => declaration.text !== '');
}

/** `impl Shape for Circle` says `Circle`. */
function says(symbol: string, name: string): boolean {
  return symbol === name || symbol.split(/[^\p{L}\p{N}_$]+/u).includes(name);
}

function signature(symbol: FileSymbol, lines: readonly string[]): string {
  const { head, hasBody } = headOf(symbol.firstLine, lines);
  if (isPrivate(head)) return '';
  const members = symbol.children
    .filter(({ kind, firstLine }) => told.has(kind) && firstLine !== symbol.firstLine)
    .slice(0, mostMembers)
    .map(({ firstLine }) => headOf(firstLine, lines).head)
    .filter((member) => !isPrivate(member) && member !== '');
  if (members.length === 0) return head;
  return hasBody ? [`${head} {`, ...members, '}'].join('\n') : [head, ...members].join('\n');
}

function isPrivate(head: string): boolean {
  return /^\s*private\b/.test(head);
}

/** Up to the body, the value or the line's end, whatever of brackets is open there. */
function headOf(firstLine: number, lines: readonly string[]): { head: string; hasBody: boolean } {
  const text = lines.slice(firstLine, firstLine + mostLines).join('\n');
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if ('(['.includes(character)) depth++;
    if (')]'.includes(character)) depth--;
    if (depth > 0) continue;
    if (character === '{') return { head: text.slice(0, index).trimEnd(), hasBody: true };
    if (character === ';' || character === '\n')
      return { head: text.slice(0, index).trimEnd(), hasBody: false };
  }
  return { head: text.trimEnd(), hasBody: false };
}
