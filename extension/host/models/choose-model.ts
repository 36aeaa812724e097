/** Lets a person name a model file; only one that loads is remembered. */
import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { EngineSupervisor } from '../engine/engine-supervisor.ts';
import type { Settings } from '../settings.ts';

export async function chooseModel(supervisor: EngineSupervisor, settings: Settings): Promise<void> {
  const current = settings.modelPath;
  const chosen = await vscode.window.showOpenDialog({
    title: 'Choose a model file',
    openLabel: 'Use This Model',
    filters: { 'GGUF models': ['gguf'] },
    ...(current === '' ? {} : { defaultUri: vscode.Uri.file(current) }),
  });
  const path = chosen?.[0]?.fsPath;
  if (path !== undefined) await useModel(path, supervisor, settings);
}

async function useModel(path: string, supervisor: EngineSupervisor, settings: Settings): Promise<void> {
  try {
    await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title: `Loading ${basename(path)}` },
      () => supervisor.tryModel({ ...settings.loadParams(), path }),
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const retry = 'Choose Another';
    const answer = await vscode.window.showErrorMessage(`Hotset: ${naming(path, reason)}`, retry);
    if (answer === retry) await chooseModel(supervisor, settings);
    return;
  }
  await settings.setModelPath(path);
}

/** Most messages name the file already. */
function naming(path: string, reason: string): string {
  return reason.includes(basename(path)) ? reason : `${basename(path)} can't be used: ${reason}`;
}
