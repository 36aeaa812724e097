/** Loads a model file; only one that loads is remembered, for all languages that have none of their own, or for one. */
import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { EngineSupervisor } from '../engine/engine-supervisor.ts';
import type { Settings } from '../settings.ts';

const another = 'Choose Another';

/** @returns whether it is in use now */
export async function useModel(
  path: string,
  supervisor: EngineSupervisor,
  settings: Settings,
  languageId: string | null = null,
): Promise<boolean> {
  try {
    await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title: `Loading ${basename(path)}` },
      () => supervisor.tryModel({ ...settings.loadParams(), path }),
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const answer = await vscode.window.showErrorMessage(`Hotset: ${naming(path, reason)}`, another);
    if (answer === another) await vscode.commands.executeCommand('hotset.chooseModel');
    return false;
  }
  await settings.setModelPath(path, languageId);
  return true;
}

/** Most messages name the file already. */
function naming(path: string, reason: string): string {
  return reason.includes(basename(path)) ? reason : `${basename(path)} can't be used: ${reason}`;
}
