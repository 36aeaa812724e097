/** Takes paths and addresses out of text that somebody may publish. */

/** A drive or a share, `~`, or a slash; then names. Blanks within names end it, as nobody can tell where such a path ends. */
const path = /(?:\b[A-Za-z]:[\\/]|\\\\|~[\\/]|(?<![\w.)\]])\/(?=[^\s/]))[^\s'"`<>|,;]*/g;
const address = /\b[a-z][a-z0-9+.-]*:\/\/[^\s'"`<>|,;]+/gi;
/** `src/a/b.ts`: relative ones. */
const relativePath = /(?<![\w/.])(?:[\w.@-]+[\\/])+[\w.@-]*\.\w+/g;
/** Which model it is says its file's name, and that is published. */
const modelName = /([^\\/]+\.gguf[):.]*)$/i;

/** @param known folders of this person, which may have blanks in their names */
export function withoutPaths(text: string, known: readonly string[] = []): string {
  return known
    .filter((folder) => folder.length > 1)
    .toSorted((a, b) => b.length - a.length)
    .reduce((left, folder) => left.replaceAll(folder, '/-'), text)
    .replace(address, '<address>')
    .replace(path, (found) => `<path>${modelNameIn(found)}`)
    .replace(relativePath, (found) => `<path>${modelNameIn(found)}`);
}

function modelNameIn(path: string): string {
  const name = modelName.exec(path)?.[1];
  return name === undefined ? '' : `/${name}`;
}
