/** Shares, for people. */

/** With its standard error, for a share of so many independent draws. */
export function rate(count: number, of: number): string {
  if (of === 0) return '–';
  const share = count / of;
  return `${percent(share)} ± ${(Math.sqrt((share * (1 - share)) / of) * 100).toFixed(1)}`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}
