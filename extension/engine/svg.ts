/** What SVG pictures have in common: a card that is readable in light and dark, and text. */

export interface SvgCard {
  /** What it shows, for who can't see it. */
  readonly title: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** CSS rules of its own, and what differs of them in dark. */
  readonly style: string;
  readonly darkStyle: string;
  readonly lines: readonly string[];
}

/** Its classes: `title`, `name` and `note` for text, `grid` for lines. */
export function svgCard({ title, width, height, style, darkStyle, lines }: SvgCard): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans, Segoe UI, Helvetica, Arial, sans-serif" font-size="13">
  <title>${escaped(title)}</title>
  <style>
    .card { fill: #ffffff; stroke: #d0d7de; }
    .title { font-size: 15px; font-weight: bold; fill: #1f2328; }
    .name { fill: #1f2328; }
    .note { fill: #57606a; font-size: 11.5px; }
    .grid { stroke: #d8dee4; }${style}
    @media (prefers-color-scheme: dark) {
      .card { fill: #0d1117; stroke: #30363d; }
      .title, .name { fill: #e6edf3; }
      .note { fill: #9198a1; }
      .grid { stroke: #21262d; }${darkStyle}
    }
  </style>
  <rect class="card" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${lines.map((line) => `  ${line}`).join('\n')}
</svg>
`;
}

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
