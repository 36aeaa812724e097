/** The ignore files that apply inside one folder: its own, and those of every folder above it in the repository. */
import ignore, { type Ignore } from 'ignore';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

const ignoreFiles = ['.gitignore', '.ignore'];

interface Rules {
  readonly folder: string;
  readonly matcher: Ignore;
}

export class IgnoreRules {
  readonly #chain: readonly Rules[];

  private constructor(chain: readonly Rules[]) {
    this.#chain = chain;
  }

  /** The rules for `folder`, those of its repository's folders above it among them. */
  static at(folder: string): IgnoreRules {
    const above: string[] = [];
    for (let current = folder; ; current = dirname(current)) {
      above.unshift(current);
      if (existsSync(join(current, '.git'))) break;
      // Outside a repository nothing above the folder counts.
      if (dirname(current) === current) return new IgnoreRules(rulesOf(folder));
    }
    return new IgnoreRules(above.flatMap(rulesOf));
  }

  /** The rules inside a folder right below. */
  inside(folder: string): IgnoreRules {
    const rules = rulesOf(folder);
    return rules.length === 0 ? this : new IgnoreRules([...this.#chain, ...rules]);
  }

  /** The innermost rule that says anything decides; what lies in a folder left out stays left out. */
  ignores(path: string, isFolder: boolean): boolean {
    let ignored = false;
    for (const { folder, matcher } of this.#chain) {
      const name = relative(folder, path).split(sep).join('/') + (isFolder ? '/' : '');
      const verdict = matcher.test(name);
      ignored = verdict.ignored || (ignored && !verdict.unignored);
    }
    return ignored;
  }
}

function rulesOf(folder: string): Rules[] {
  const texts = ignoreFiles.map((name) => textOf(join(folder, name))).filter((text) => text !== '');
  return texts.length === 0 ? [] : [{ folder, matcher: ignore.default().add(texts.join('\n')) }];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
