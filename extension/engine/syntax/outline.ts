/** What a file declares for others and what it imports, as far as its grammar tells: signatures without bodies and comments. */
import type { Node, QueryCapture } from 'web-tree-sitter';
import type { GrammarName } from './languages.ts';

export interface Declaration {
  readonly names: readonly string[];
  /** As the file has it, without the bodies of functions, private members, comments and blank lines. */
  readonly text: string;
}

export interface Import {
  /** As the statement writes it. */
  readonly path: string;
  /** As the imported file calls them; null: all that it declares. */
  readonly names: readonly string[] | null;
}

export interface Outline {
  readonly declarations: readonly Declaration[];
  readonly imports: readonly Import[];
}

const script = `
(program (export_statement declaration: (_ name: (_) @name)) @declaration)
(program (export_statement declaration: (lexical_declaration (variable_declarator name: (identifier) @name))) @declaration)
(statement_block) @body
(method_definition name: (private_property_identifier)) @body
(comment) @comment
(import_statement source: (string (string_fragment) @path)) @import
(import_specifier name: (_) @imported)`;

const typed = `${script}
(public_field_definition name: (private_property_identifier)) @body
(public_field_definition (accessibility_modifier) @private (#eq? @private "private")) @body
(method_definition (accessibility_modifier) @private (#eq? @private "private")) @body`;

const python = `
(module [(class_definition name: (_) @name) (function_definition name: (_) @name)] @declaration)
(module (decorated_definition definition: (_ name: (_) @name)) @declaration)
(module (expression_statement (assignment left: (identifier) @name)) @declaration)
(function_definition body: (block) @body)
(comment) @comment
(import_from_statement module_name: (_) @path) @import
(import_from_statement name: (dotted_name) @imported)
(import_from_statement name: (aliased_import name: (dotted_name) @imported))
(import_statement name: (dotted_name) @path) @import`;

const cpp = `
[(struct_specifier name: (_) @name body: (_)) (class_specifier name: (_) @name body: (_))] @declaration
[(enum_specifier name: (_) @name body: (_)) (union_specifier name: (_) @name body: (_))] @declaration
(alias_declaration name: (_) @name) @declaration
(type_definition declarator: (_) @name) @declaration
(declaration declarator: (function_declarator declarator: (_) @name)) @declaration
(declaration declarator: (_ declarator: (function_declarator declarator: (_) @name))) @declaration
(declaration declarator: (init_declarator declarator: (identifier) @name)) @declaration
(function_definition declarator: (function_declarator declarator: (_) @name)) @declaration
(function_definition declarator: (_ declarator: (function_declarator declarator: (_) @name))) @declaration
(compound_statement) @body
(field_initializer_list) @body
(comment) @comment
(preproc_include path: (string_literal (string_content) @path)) @import`;

/** Of a class in C++, up to the next section or its end. */
const privateSection = /^[ \t]*private:[^]*?(?=^[ \t]*(?:public|protected):|^\};?|$(?![^]))/gm;

/** Of languages whose imports name files. */
export const outlineQueries: Partial<Readonly<Record<GrammarName, string>>> = {
  cpp,
  javascript: script,
  python,
  tsx: typed,
  typescript: typed,
};

/** @param captures of the language's query, in the order of the text */
export function outlineOf(text: string, captures: readonly QueryCapture[]): Outline {
  const gaps = captures.filter(({ name }) => name === 'body' || name === 'comment').map(({ node }) => node);
  const declared: { node: Node; names: string[] }[] = [];
  const imported: { path: string; names: string[] }[] = [];
  for (const { name, node } of captures) {
    const declaration = declared.at(-1);
    const isInside = declaration !== undefined && node.endIndex <= declaration.node.endIndex;
    if (name === 'declaration' && !isInside) declared.push({ node, names: [] });
    if (name === 'name' && isInside) declaration.names.push(node.text);
    if (name === 'import') imported.push({ path: '', names: [] });
    const last = imported.at(-1);
    if (name === 'path' && last !== undefined) last.path = node.text;
    if (name === 'imported') last?.names.push(node.text);
  }
  return {
    declarations: declared.map(({ node, names }) => ({ names, text: signature(text, node, gaps) })),
    imports: imported.map(({ path, names }) => ({ path, names: names.length === 0 ? null : names })),
  };
}

function signature(text: string, { startIndex, endIndex }: Node, gaps: readonly Node[]): string {
  let kept = '';
  let from = startIndex;
  for (const gap of gaps) {
    // What lies inside another gap is left out already.
    if (gap.startIndex < from || gap.endIndex > endIndex) continue;
    kept += text.slice(from, gap.startIndex);
    from = gap.endIndex;
  }
  const lines = (kept + text.slice(from, endIndex)).replace(privateSection, '').split('\n');
  return lines
    .filter((line) => !/^[\s;]*$/.test(line))
    .map((line) => line.trimEnd())
    .join('\n');
}
