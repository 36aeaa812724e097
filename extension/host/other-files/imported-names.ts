/**
 * Where a document says what it imports, so that the editor can be asked what is meant there. Only what no relative path
 * leads to: the engine follows those by itself.
 */

export interface ImportedName {
  /** As the imported file calls it; null: all of that file. */
  readonly name: string | null;
  /** Where it stands in the text, in UTF-16 units. */
  readonly offset: number;
}

/** One statement: group `path` names a file or module, group `names` what is taken from it, where it says so. */
interface Syntax {
  readonly statement: RegExp;
  /** A name in `names`, or in `path` where there is no other group; all of it is one name when left out. */
  readonly name?: RegExp;
  /** Whether the names are what the imported file declares, not files. */
  readonly takesNames: boolean;
}

const script: Syntax[] = [
  {
    statement:
      /\b(?:import|export)\s+(?:type\s+)?(?:[\w$]+\s*,\s*)?\{(?<names>[\w$\s,]*)\}\s*from\s*(['"])(?!\.\.?\/)[^'"\n]+\2/dg,
    name: /(?<![\w$])(?!type\s)(?<name>[\w$]+)(?:\s+as\s+[\w$]+)?/dg,
    takesNames: true,
  },
  {
    statement:
      /\b(?:import\s+(?:type\s+)?(?:\*\s*as\s+)?[\w$]+|export\s*\*(?:\s*as\s+[\w$]+)?)\s*from\s*(['"])(?<path>(?!\.\.?\/)[^'"\n]+)\1/dg,
    takesNames: false,
  },
];

const jvm: Syntax[] = [
  {
    statement: /^[ \t]*import[ \t]+(?:static[ \t]+)?(?!javax?\.|kotlin\.|scala\.)(?:\w+\.)+(?<path>\w+)/dgm,
    takesNames: true,
  },
];

const include: Syntax[] = [
  { statement: /^[ \t]*#[ \t]*(?:include|import)[ \t]*"(?<path>[^"\n]+)"/dgm, takesNames: false },
];

const syntaxes: Readonly<Record<string, readonly Syntax[]>> = {
  c: include,
  cpp: include,
  csharp: [
    {
      statement:
        /^[ \t]*(?:global[ \t]+)?using[ \t]+(?:static[ \t]+)?(?!System\b|Microsoft\b)(?:\w+\.)*(?<path>\w+)[ \t]*;/dgm,
      takesNames: false,
    },
  ],
  'cuda-cpp': include,
  go: [
    {
      statement: /^import\s*\((?<names>[^)]*)\)/dgm,
      name: /"(?<name>[^"\n]+)"/dg,
      takesNames: false,
    },
    { statement: /^import\s+(?:[\w.]+\s+)?"(?<path>[^"\n]+)"/dgm, takesNames: false },
  ],
  groovy: jvm,
  java: jvm,
  javascript: script,
  javascriptreact: script,
  kotlin: jvm,
  'objective-c': include,
  'objective-cpp': include,
  python: [
    {
      statement:
        /^[ \t]*from[ \t]+(?!\.)[\w.]+[ \t]+import[ \t]*(?:\((?<names>[^)]*)\)|(?<names2>[^\n#(]+))/dgm,
      name: /(?<name>\w+)(?:\s+as\s+\w+)?/dg,
      takesNames: true,
    },
    { statement: /^[ \t]*import[ \t]+(?:\w+\.)*(?<path>\w+)/dgm, takesNames: false },
  ],
  rust: [
    {
      statement: /\buse\s+(?!std\b|core\b|alloc\b)(?:\w+::)+(?<names>[^;]+;)/dg,
      name: /(?<!\w)(?!self\b)(?<name>\w+)(?:\s+as\s+\w+)?\s*(?=[,;}])/dg,
      takesNames: true,
    },
  ],
  scala: jvm,
  svelte: script,
  typescript: script,
  typescriptreact: script,
  vue: script,
};

/** Imports stand at the start: this much of a document is looked at, in UTF-16 units. */
export const importsLength = 32_768;

/**
 * @param text the document's start
 * @param languageId VS Code's
 * @returns in the order of the text; none for a language whose imports are not known here
 */
export function importedNames(text: string, languageId: string): ImportedName[] {
  const found = (syntaxes[languageId] ?? []).flatMap((syntax) => namesBy(syntax, text));
  return found.sort((one, other) => one.offset - other.offset);
}

function namesBy({ statement, name, takesNames }: Syntax, text: string): ImportedName[] {
  const imported: ImportedName[] = [];
  for (const { groups, indices } of text.matchAll(statement)) {
    for (const group of ['path', 'names', 'names2']) {
      const said = groups?.[group];
      const start = indices?.groups?.[group]?.[0];
      if (said === undefined || start === undefined) continue;
      for (const each of name === undefined
        ? [{ said, at: 0 }]
        : said.length > 0
          ? matchesOf(name, said)
          : []) {
        imported.push({ name: takesNames ? each.said : null, offset: start + each.at });
      }
    }
  }
  return imported;
}

function matchesOf(name: RegExp, text: string): { said: string; at: number }[] {
  return Array.from(text.matchAll(name), ({ groups, indices }) => ({
    said: groups?.['name'] ?? '',
    at: indices?.groups?.['name']?.[0] ?? 0,
  }));
}
