/** Text in SVG pictures. */

/** @param x pixels; the text's left end, or what `anchor` says */
export function svgText(
  className: string,
  x: number | string,
  y: number | string,
  content: string,
  anchor = 'start',
): string {
  const end = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
  return `<text class="${className}" x="${x}" y="${y}"${end}>${escaped(content)}</text>`;
}

/** For text between tags, not for attributes. */
export function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
