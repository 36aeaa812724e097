/** The last lines of the log, for a report: VS Code lets nobody read an output channel. */
import type { LogParams } from '../../protocol/requests.ts';

const mostLines = 150;
/** Of the details, only what is known to name no file. */
const harmlessDetail = 'completion: ';

export class LogMemory {
  #lines: string[] = [];

  get lines(): readonly string[] {
    return this.#lines;
  }

  add({ level, message }: LogParams): void {
    const isDetail = level === 'debug' || level === 'trace';
    if (isDetail && !message.startsWith(harmlessDetail)) return;
    const line = `${new Date().toISOString().slice(11, 23)} [${level}] ${message}`;
    this.#lines = [...this.#lines.slice(1 - mostLines), line];
  }
}
