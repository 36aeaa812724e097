/** A progress bar on stderr, where that is a terminal. */
const width = 30;

/** @returns to be called with a fraction between 0 and 1; 1 takes the bar away */
export function progressBar(label: string): (fraction: number) => void {
  if (!process.stderr.isTTY) return () => undefined;
  return (fraction) => {
    const done = Math.round(fraction * width);
    const bar = '█'.repeat(done) + '░'.repeat(width - done);
    process.stderr.write(fraction < 1 ? `\r${label} ${bar}` : '\r\u001b[K');
  };
}
