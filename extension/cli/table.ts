/** Small tables for a terminal. */
import Table from 'cli-table3';

const gap = '  ';
const number = /^(about )?[-+]?\d[\d.,]*( ?([%×]|[kMGT]?i?B|µs|ms|s))?( [±×] .*)?$/;

/**
 * @param rows first the headings; columns of numbers are aligned right
 * @param width columns of what it is printed to: where it is wider, its widest columns but the first are wrapped between
 * words, as narrow as their longest word at the least
 */
export function table(rows: readonly (readonly string[])[], width = terminalWidth()): string {
  const columns = (rows[0] ?? []).map((_, column) => rows.map((row) => row[column] ?? ''));
  const drawn = new Table({
    chars: { ...noBorders, middle: gap },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: columns.map(([, ...cells]) => (isOfNumbers(cells) ? 'right' : 'left')),
    rowAligns: ['bottom'],
    colWidths: columnWidths(columns, width),
    wordWrap: true,
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

const noBorders = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '' },
};

/** What is piped somewhere has lines as long as they get. */
function terminalWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns : Infinity;
}

function isOfNumbers(cells: readonly string[]): boolean {
  const filled = cells.filter((cell) => cell !== '' && cell !== '–');
  return filled.filter((cell) => number.test(cell)).length * 2 > filled.length;
}

function columnWidths(columns: readonly (readonly string[])[], width: number): number[] {
  const widths = columns.map((cells) => longest(cells));
  const least = columns.map((cells, column) => longest(column === 0 ? cells : cells.flatMap(unbroken)));
  const room = width - gap.length * (columns.length - 1);
  for (let over = sum(widths) - room; over > 0; over--) {
    const spare = widths.map((own, column) => (own > (least[column] ?? 0) ? own : 0));
    const widest = spare.indexOf(Math.max(...spare));
    if (spare[widest] === 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** A number stays on a line with its unit. */
function unbroken(cell: string): string[] {
  return number.test(cell) ? [cell] : cell.split(/\s+/);
}

function longest(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => text.length));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
