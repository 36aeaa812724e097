/** A progress bar on stderr, where that is a terminal. */
const width = 30;

/**
 * @returns to be called with a fraction between 0 and 1, and what is being done if that changes; 1 takes the bar away
 */
export function progressBar(label: string): (fraction: number, doing?: string) => void {
  if (!process.stderr.isTTY) return () => undefined;
  return (fraction, doing = '') => {
    const done = Math.round(fraction * width);
    const bar = '█'.repeat(done) + '░'.repeat(width - done);
    process.stderr.write(fraction < 1 ? `\r${label} ${bar} ${doing}\u001b[K` : '\r\u001b[K');
  };
}
