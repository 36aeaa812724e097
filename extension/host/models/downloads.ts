/** The downloads of this window. Nothing begins here by itself, and a window that closes pauses what it downloads. */
import type { CatalogueEntry } from '../../models/catalogue.ts';
import { DownloadError } from '../../models/download/download-error.ts';
import { downloadModel, type DownloadProgress, pause } from '../../models/download/download-model.ts';

export interface DownloadsOptions {
  readonly folder: string;
  /** Read when a download begins. */
  readonly mirror: () => string;
  readonly log: (message: string) => void;
}

interface Running {
  readonly controller: AbortController;
  readonly done: Promise<string | null>;
}

export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #running = new Map<string, Running>();

  constructor(options: DownloadsOptions) {
    this.#options = options;
  }

  get folder(): string {
    return this.#options.folder;
  }

  isRunning({ id }: CatalogueEntry): boolean {
    return this.#running.has(id);
  }

  /**
   * @returns the model's path; null when it was paused or cancelled
   * @throws DownloadError
   */
  async start(
    entry: CatalogueEntry,
    onProgress: (progress: DownloadProgress) => void,
  ): Promise<string | null> {
    const running = this.#running.get(entry.id);
    if (running !== undefined) return await running.done;
    const controller = new AbortController();
    const done = this.#download(entry, controller.signal, onProgress).finally(() => {
      this.#running.delete(entry.id);
    });
    this.#running.set(entry.id, { controller, done });
    return await done;
  }

  /** What arrived stays; resolves when nothing more comes. */
  async pause({ id }: CatalogueEntry): Promise<void> {
    const running = this.#running.get(id);
    running?.controller.abort(pause);
    await running?.done.catch(() => null);
  }

  /** Nothing stays. */
  cancel({ id }: CatalogueEntry): void {
    this.#running.get(id)?.controller.abort();
  }

  async close(): Promise<void> {
    const all = [...this.#running.values()];
    for (const { controller } of all) controller.abort(pause);
    await Promise.allSettled(all.map(({ done }) => done));
  }

  async #download(
    entry: CatalogueEntry,
    signal: AbortSignal,
    onProgress: (progress: DownloadProgress) => void,
  ): Promise<string | null> {
    const { folder, mirror, log } = this.#options;
    log(`downloading ${entry.home.repository}/${entry.file.name} to ${folder}`);
    try {
      const path = await downloadModel(entry, { folder, mirror: mirror(), signal, onProgress });
      log(`${path} is there, and is the published file`);
      return path;
    } catch (error) {
      log(error instanceof Error ? error.message : String(error));
      if (error instanceof DownloadError && error.kind === 'cancelled') return null;
      throw error;
    }
  }
}
