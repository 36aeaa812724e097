/** Reads text with the grammar of its language. */
import { Edit, type Language, Parser, Query, type QueryCapture, type Tree } from 'web-tree-sitter';
import type { GrammarName } from './languages.ts';
import { type Outline, outlineOf, outlineQueries } from './outline.ts';
import { type Bracket, type Literal, openerOf, type Reading } from './reading.ts';

/** Names of nodes, the same in all grammars as far as they have them. */
const comments = /comment$/;
const strings =
  /^(?:(?:\w+_)?string(?:_literal|_array)?|char(?:acter)?(?:_literal)?|rune_literal|regex|encapsed_string|heredoc(?:_body|_redirect)?|nowdoc|interpolated_string_expression|jsx_text|template_literal_type)$/;
const notStrings = /^(?:concatenated_string|chained_string)$/;
const computed =
  /^(?:template_substitution|interpolation|string_interpolation|command_substitution|template_type)$/;

/** PHP outside of its tag is not read as code; a stretch out of a file begins with it nonetheless. */
const phpTag = '<?php\n';

/**
 * Text that nobody would write can take a parser seconds, or its stack: it is given up on after so many milliseconds, many
 * times what any other takes, and for some time nothing more is tried; what is nested so deep is not tried at all.
 */
const longestReading = 300;
const restAfter = 6_000;
const deepest = 500;

/** A text that was parsed, to be parsed again with a few lines more. */
interface Parsed {
  readonly before: string;
  readonly after: string;
  readonly tree: Tree;
}

export class Grammar {
  static #isBroken = false;
  readonly name: GrammarName;
  readonly #parser = new Parser();
  readonly #query: Query;
  /** null: the language's imports name no files. */
  readonly #outlineQuery: Query | null;
  #last: Parsed | null = null;
  #restsUntil = 0;

  constructor(name: GrammarName, language: Language) {
    this.name = name;
    this.#parser.setLanguage(language);
    this.#query = new Query(language, queryFor(name, language));
    const outline = outlineQueries[name];
    this.#outlineQuery = outline === undefined ? null : new Query(language, outline);
  }

  /** Whether WebAssembly failed: nothing more can be loaded or read in this process. */
  static get isBroken(): boolean {
    return Grammar.#isBroken;
  }

  /**
   * The reading of `before + text + after`. What lies around `text` is parsed once for all that is tried between it.
   * @returns null where that takes too long, or the parser fails
   */
  read(before: string, text: string, after: string): Reading | null {
    return this.#carefully(before + text + after, () => this.#read(before, text, after));
  }

  /**
   * What a whole file declares and imports.
   * @returns null as above, and where the language's imports name no files
   */
  outline(text: string): Outline | null {
    const query = this.#outlineQuery;
    if (query === null) return null;
    return this.#carefully(text, () => {
      const tree = this.#parse(text, null);
      const outline = outlineOf(text, query.captures(tree.rootNode));
      tree.delete();
      return outline;
    });
  }

  #carefully<Result>(text: string, read: () => Result): Result | null {
    const isResting = performance.now() < this.#restsUntil || Grammar.#isBroken;
    if (isResting || isTooDeep(text)) return null;
    try {
      return read();
    } catch (error) {
      // All grammars share one memory: after a fault none can be trusted.
      Grammar.#isBroken = error instanceof Error && error.name === 'RuntimeError';
      this.#restsUntil = performance.now() + restAfter;
      return null;
    }
  }

  #read(before: string, text: string, after: string): Reading {
    const tag = this.name === 'php' && !before.includes('<?') ? phpTag : '';
    const around = this.#around(tag + before, after);
    if (text === '') return this.#readingOf(around, tag.length);

    const edited = around.copy();
    edited.edit(insertion(tag + before, text));
    const tree = this.#parse(tag + before + text + after, edited);
    edited.delete();
    const reading = this.#readingOf(tree, tag.length);
    tree.delete();
    return reading;
  }

  #around(before: string, after: string): Tree {
    if (this.#last?.before === before && this.#last.after === after) return this.#last.tree;
    const tree = this.#parse(before + after, null);
    this.#last?.tree.delete();
    this.#last = { before, after, tree };
    return tree;
  }

  #parse(text: string, edited: Tree | null): Tree {
    const end = performance.now() + longestReading;
    // Its declared type forgets that what it returns is asked for: whether to give up.
    const progressCallback = (() => performance.now() > end) as () => void;
    const tree = this.#parser.parse(text, edited, { progressCallback });
    if (tree !== null) return tree;
    this.#parser.reset();
    throw new Error(`the grammar of ${this.name} takes too long`);
  }

  /** @param shift where the text begins in what was parsed */
  #readingOf(tree: Tree, shift: number): Reading {
    const brackets: Bracket[] = [];
    const literals: Literal[] = [];
    const faults: { start: number; end: number }[] = [];
    const labels = new Set<number>();
    for (const { name, node } of this.#query.captures(tree.rootNode)) {
      const start = node.startIndex - shift;
      const end = node.endIndex - shift;
      if (name === 'fault') faults.push({ start, end });
      else if (name === 'label') labels.add(start);
      else if (name === 'open' || name === 'close') brackets.push(...bracketOf({ name, node }, start, end));
      else literals.push({ start, end, kind: name === 'comment' || name === 'string' ? name : 'code' });
    }
    return { brackets: brackets.filter(({ index }) => !labels.has(index)), literals, faults };
  }
}

/** Brackets in strings count as well: a bound, not a reading. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[()[\]{}]/g)) {
    depth = Math.max(0, depth + (openerOf(bracket) === null ? 1 : -1));
    if (depth > deepest) return true;
  }
  return false;
}

/** None for what is no more than missing. */
function bracketOf(
  { name, node }: Pick<QueryCapture, 'name' | 'node'>,
  start: number,
  end: number,
): Bracket[] {
  if (start === end) return [];
  if (name === 'open') return [{ index: start, opener: node.type.slice(-1), opens: true }];
  return [{ index: start, opener: openerOf(node.type.charAt(0)) ?? '', opens: false }];
}

/** Brackets are tokens that end with an opener or begin with a closer, as `${` does. */
function queryFor(name: GrammarName, language: Language): string {
  const types = Array.from({ length: language.nodeTypeCount }, (_, id) => ({
    type: language.nodeTypeForId(id) ?? '',
    isNamed: language.nodeTypeIsNamed(id),
  }));
  const tokens = distinct(types.filter(({ isNamed }) => !isNamed).map(({ type }) => JSON.stringify(type)));
  const nodes = distinct(types.filter(({ isNamed }) => isNamed).map(({ type }) => type));
  const patterns = [
    pattern(
      tokens.filter((type) => /[([{]"$/.test(type)),
      'open',
    ),
    pattern(
      tokens.filter((type) => /^"[)\]}]/.test(type)),
      'close',
    ),
    pattern(namedNodes(nodes, comments), 'comment'),
    pattern(namedNodes(nodes, strings, notStrings), 'string'),
    pattern(namedNodes(nodes, computed), 'code'),
    '(ERROR) @fault (MISSING) @fault',
  ];
  // The pattern of a case in a shell script ends with a bracket that nothing opens.
  if (name === 'bash') patterns.push('(case_item ")" @label)');
  return patterns.join('\n');
}

function namedNodes(nodes: readonly string[], names: RegExp, except?: RegExp): string[] {
  const matching = nodes.filter((type) => names.test(type) && except?.test(type) !== true);
  return matching.map((type) => `(${type})`);
}

function pattern(alternatives: readonly string[], capture: string): string {
  return alternatives.length === 0 ? '' : `[${alternatives.join(' ')}] @${capture}`;
}

function distinct<Value>(values: readonly Value[]): Value[] {
  return [...new Set(values)];
}

function insertion(before: string, text: string): Edit {
  const start = pointBehind(before);
  return new Edit({
    startIndex: before.length,
    oldEndIndex: before.length,
    newEndIndex: before.length + text.length,
    startPosition: start,
    oldEndPosition: start,
    newEndPosition: pointBehind(before + text),
  });
}

/** Columns in UTF-16 units. */
function pointBehind(text: string): { row: number; column: number } {
  const lines = text.split('\n');
  return { row: lines.length - 1, column: lines.at(-1)?.length ?? 0 };
}
