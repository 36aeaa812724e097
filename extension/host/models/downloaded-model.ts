/** What a person does with a model that lies here: look whether it is whole, see where it lies, delete it. */
import * as vscode from 'vscode';
import type { CatalogueEntry } from '../../models/catalogue.ts';
import { modelPath, modelState, removeModel } from '../../models/model-folder.ts';
import { verifyModel, type Verdict } from '../../models/verify-model.ts';
import { downloadAndUse, type ModelTools } from './download-and-use.ts';

const again = 'Download It Again';
const deleteIt = 'Delete';
const copyPath = 'Copy Path';

export async function verifyInView(entry: CatalogueEntry, tools: ModelTools): Promise<void> {
  const verdict = await verdictInView(entry, tools.downloads.folder);
  if (verdict === null) return;
  if (verdict !== 'wrong') {
    void vscode.window.showInformationMessage(`Hotset: ${entry.name} ${sentences[verdict]}.`);
    return;
  }
  const answer = await vscode.window.showErrorMessage(
    `Hotset: ${entry.name} is not the published file: it is damaged, or another one.`,
    again,
  );
  if (answer !== again) return;
  await leave(entry, tools);
  await removeModel(entry, tools.downloads.folder);
  await downloadAndUse(entry, tools);
}

const sentences: Readonly<Record<Exclude<Verdict, 'wrong'>, string>> = {
  right: 'is the published file: its SHA-256 is right',
  absent: 'is no longer here',
  unknown: 'is here, and nobody knows what its SHA-256 should be',
};

/** @returns null when it was cancelled, or could not be read: the person knows */
async function verdictInView(entry: CatalogueEntry, folder: string): Promise<Verdict | null> {
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: `Verifying ${entry.name}`,
    cancellable: true,
  };
  const { bytes: total } = await modelState(entry, folder);
  return await vscode.window.withProgress(options, async (view, token) => {
    const controller = new AbortController();
    token.onCancellationRequested(() => {
      controller.abort();
    });
    let shown = 0;
    const onProgress = (bytes: number) => {
      const percent = Math.floor((bytes / Math.max(total, 1)) * 100);
      if (percent === shown) return;
      view.report({ message: `${megabytes(bytes)} of ${megabytes(total)} MB`, increment: percent - shown });
      shown = percent;
    };
    try {
      return await verifyModel(entry, folder, { signal: controller.signal, onProgress });
    } catch (error) {
      if (controller.signal.aborted) return null;
      void vscode.window.showErrorMessage(`Hotset: ${entry.name} can't be read: ${reasonOf(error)}`);
      return null;
    }
  });
}

/** In the file manager; where there is none, as in a browser, its path is told. */
export async function revealModel(entry: CatalogueEntry, { downloads }: ModelTools): Promise<void> {
  const path = modelPath(entry, downloads.folder);
  try {
    await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(path));
  } catch {
    const answer = await vscode.window.showInformationMessage(`Hotset: ${entry.name} is ${path}`, copyPath);
    if (answer === copyPath) await vscode.env.clipboard.writeText(path);
  }
}

export async function deleteModel(entry: CatalogueEntry, tools: ModelTools): Promise<void> {
  const { folder } = tools.downloads;
  const { bytes } = await modelState(entry, folder);
  const answer = await vscode.window.showWarningMessage(
    `Hotset: delete ${entry.name}? ${megabytes(bytes)} MB would have to be downloaded again.`,
    deleteIt,
  );
  if (answer !== deleteIt) return;
  try {
    await leave(entry, tools);
    await removeModel(entry, folder);
  } catch (error) {
    void vscode.window.showErrorMessage(`Hotset: ${entry.name} can't be deleted: ${reasonOf(error)}`);
  }
}

/** Whoever deletes a model that is in use goes on with the one that came with Hotset, or with that of other languages. */
async function leave(entry: CatalogueEntry, { settings, supervisor, downloads }: ModelTools): Promise<void> {
  const path = modelPath(entry, downloads.folder);
  for (const languageId of settings.languagesOf(path)) await settings.dropOwnModel(languageId);
  if (settings.modelPath() === path) await settings.setModelPath('');
  await supervisor.reload();
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
