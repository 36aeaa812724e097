/** A file to type: lines that differ, brackets, quotes and blank lines. */
export const source = Array.from({ length: 24 }, (_, index) => functionOf(index)).join('\n');

function functionOf(index: number): string {
  const name = ['alpha', 'beta', 'gamma', 'delta'][index % 4] ?? '';
  return `/** The ${name} of row ${index}. */
export function ${name}${index}(row: readonly number[], label = '${name}-${index}'): string {
  const total${index} = row.reduce((sum, value) => sum + value * ${index}, 0);
  if (total${index} > ${index * 100}) {
    return \`\${label}: too many (\${String(total${index})})\`;
  }

  return [label, total${index}].join("=${index} ");
}
`;
}
