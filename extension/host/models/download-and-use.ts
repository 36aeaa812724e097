/** Downloads a model of the catalogue, in view and with a way out, and loads it. */
import * as vscode from 'vscode';
import type { CatalogueEntry } from '../../models/catalogue.ts';
import type { DownloadProgress } from '../../models/download/download-model.ts';
import type { EngineSupervisor } from '../engine/engine-supervisor.ts';
import type { Settings } from '../settings.ts';
import type { Downloads } from './downloads.ts';
import { useModel } from './use-model.ts';

export interface ModelTools {
  readonly supervisor: EngineSupervisor;
  readonly settings: Settings;
  readonly downloads: Downloads;
  /** What an offline package carries; null: the small model. */
  readonly carried: CatalogueEntry | null;
}

const again = 'Try Again';

/** @param languageId of the language that it is for in particular; null: for all that have none of their own */
export async function downloadAndUse(
  entry: CatalogueEntry,
  tools: ModelTools,
  languageId: string | null = null,
): Promise<void> {
  const path = await downloadInView(entry, tools);
  if (path === null || !(await useModel(path, tools.supervisor, tools.settings, languageId))) return;
  // Whoever waited for it sees it at work where the cursor stands, without typing.
  if (vscode.window.activeTextEditor !== undefined) {
    await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
  }
}

/** @returns null where it did not come to the end; the person knows why */
async function downloadInView(entry: CatalogueEntry, tools: ModelTools): Promise<string | null> {
  const { downloads } = tools;
  try {
    return await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: `Downloading ${entry.name}`,
        cancellable: true,
      },
      async (view, token) => {
        token.onCancellationRequested(() => {
          downloads.cancel(entry);
        });
        return await downloads.start(entry, reporting(view));
      },
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const answer = await vscode.window.showErrorMessage(`Hotset: ${reason}`, again);
    return answer === again ? await downloadInView(entry, tools) : null;
  }
}

/** A report for every hundredth, not for every packet. */
function reporting(
  view: vscode.Progress<{ message: string; increment: number }>,
): (progress: DownloadProgress) => void {
  const started = performance.now();
  let first: number | null = null;
  let shown = 0;
  return ({ doing, bytes, total }) => {
    if (doing === 'downloading') first ??= bytes;
    const percent = Math.floor((bytes / Math.max(total, 1)) * 100);
    if (percent === shown && bytes > 0 && doing !== 'waiting') return;
    const rate = first === null ? 0 : (bytes - first) / Math.max(1, performance.now() - started);
    view.report({ message: messageOf({ doing, bytes, total }, rate), increment: percent - shown });
    shown = percent;
  };
}

/** @param rate kilobytes a second */
function messageOf({ doing, bytes, total }: DownloadProgress, rate: number): string {
  const size = `${megabytes(bytes)} of ${megabytes(total)} MB`;
  if (doing === 'waiting') return `${size}, in another window`;
  if (doing === 'checking') return `${size} are there already`;
  return rate > 0 ? `${size}, ${(rate / 1e3).toFixed(1)} MB/s` : size;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
