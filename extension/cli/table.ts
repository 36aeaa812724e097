/** Small tables for a terminal. */

/** @param rows first the headings; numbers are aligned right */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) => row.map((cell, column) => aligned(cell, widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

function aligned(cell: string, width: number): string {
  return /^-?[\d.,–%×]+( ±.*)?$/.test(cell) ? cell.padStart(width) : cell.padEnd(width);
}
