/** A progress bar on stderr, where that is a terminal. */
import cliProgress from 'cli-progress';

const width = 30;
const steps = 1_000;
/** Before that, what has been done says little of how long the rest takes. */
const settlingMs = 5_000;

/** Takes a fraction between 0 and 1, and what is being done. */
export type ShowProgress = (fraction: number, doing?: string) => void;

/** A bar as long as `work` goes on, from the first that it shows; then it is taken away. */
export async function withProgressBar<Result>(
  label: string,
  work: (show: ShowProgress) => Promise<Result>,
): Promise<Result> {
  if (!process.stderr.isTTY) return await work(() => undefined);
  const bar = barOf(label);
  try {
    return await work((fraction, doing = '') => {
      if (bar.isActive) bar.update(fraction * steps, { doing });
      else bar.start(steps, fraction * steps, { doing });
    });
  } finally {
    bar.stop();
  }
}

function barOf(label: string): cliProgress.SingleBar {
  return new cliProgress.SingleBar({
    stream: process.stderr,
    clearOnComplete: true,
    // Switched off for a while it would stay so in the terminal of who presses Ctrl-C.
    linewrap: true,
    barsize: width,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    etaBuffer: 100,
    format: (options, params, { doing }: { readonly doing: string }) => {
      const bar = cliProgress.Format.BarFormat(params.progress, options);
      const line = [`${label} ${bar}`, left(params, options), doing].filter((part) => part !== '').join('  ');
      return line.slice(0, params.maxWidth - 1);
    },
  });
}

/** The library says `INF` where nothing tells. */
function left({ eta, startTime }: cliProgress.Params, options: cliProgress.Options): string {
  if (Date.now() - startTime < settlingMs || !Number.isFinite(eta) || eta <= 0) return '';
  return `${cliProgress.Format.TimeFormat(eta, options, 5)} left`;
}
