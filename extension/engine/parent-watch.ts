/** Ends this process when the one that started it goes away: a model must not stay in memory without an editor. */

const intervalMs = 2_000;

/**
 * The channel closes when the parent dies; the process id is looked at as well, for parents that died without the
 * system telling. Killed rather than exited: native threads may be in the middle of a computation, there is nothing to
 * save, and exit handlers of native libraries would wait for them.
 */
export function dieWithParent(): void {
  const parent = process.ppid;
  process.on('disconnect', die);
  setInterval(() => {
    if (process.ppid !== parent) die();
  }, intervalMs).unref();
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}
