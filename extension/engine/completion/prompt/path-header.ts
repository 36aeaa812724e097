/** The line that tells a model where the file lies, for models that were trained with one. */

/** Of a longer path, the end says most. In code points. */
const longestPath = 120;

/**
 * @param path relative to the workspace
 * @returns with its line feed; empty where the path is not one line of text
 */
export function pathHeader(path: string): string {
  if (path === '' || /[\r\n]/.test(path)) return '';
  return `${shortened(path.replaceAll('\\', '/'))}\n`;
}

/** From a separator on, where there is one within reach: no name is cut in two. */
function shortened(path: string): string {
  const characters = Array.from(path);
  if (characters.length <= longestPath) return path;
  const end = characters.slice(-longestPath).join('');
  return end.slice(Math.max(0, end.indexOf('/')));
}
