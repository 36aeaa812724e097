/** The command that profiles the model on the workspace, so that its hot neurons are those that this code needs. */
import * as vscode from 'vscode';
import type { ProfileProgressParams, ProfileResult } from '../../protocol/requests.ts';
import type { EngineSupervisor } from '../engine/engine-supervisor.ts';
import { showPlot } from './plot-panel.ts';

const tokens = 20_000;
const minutes = 10;

export async function profileWorkspace(supervisor: EngineSupervisor): Promise<void> {
  const corpus = localFolders();
  if (corpus.length === 0) {
    void vscode.window.showWarningMessage('Hotset profiles folders on this machine: open one first.');
    return;
  }
  try {
    const result = await profileWithProgress(supervisor, corpus);
    if (result !== null) await offerPlot(result);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    void vscode.window.showErrorMessage(`Hotset could not profile this workspace: ${reason}`);
  }
}

function localFolders(): string[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath);
}

/** @returns null when it was cancelled */
async function profileWithProgress(
  supervisor: EngineSupervisor,
  corpus: string[],
): Promise<ProfileResult | null> {
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: 'Hotset profiles this workspace',
    cancellable: true,
  };
  return await vscode.window.withProgress(options, async (progress, token) => {
    const controller = new AbortController();
    token.onCancellationRequested(() => {
      controller.abort();
    });
    let shown = 0;
    return await supervisor.profile({ corpus, tokens, minutes }, controller.signal, (now) => {
      // Loading comes first and has a bar of its own in the status bar.
      const percent = now.step === 'loading' ? 0 : now.fraction * 100;
      progress.report({ message: progressText(now), increment: percent - shown });
      shown = percent;
    });
  });
}

export function progressText(progress: ProfileProgressParams): string {
  const { step, tokensPerSecond, secondsLeft } = progress;
  if (step === 'loading') return 'loading the model';
  if (tokensPerSecond === null || secondsLeft === null) return 'looking for thresholds';
  const left = secondsLeft < 90 ? `${Math.ceil(secondsLeft)} s` : `${Math.ceil(secondsLeft / 60)} min`;
  return `${progress.tokens} tokens, ${tokensPerSecond.toFixed(0)} tokens/s, ${left} left`;
}

async function offerPlot(result: ProfileResult): Promise<void> {
  const percent = (share: number) => `${(share * 100).toFixed(0)}%`;
  const choice = await vscode.window.showInformationMessage(
    `Hotset profiled ${result.tokens} tokens of ${result.corpus}: ${percent(result.carriers)} of the neurons carry ` +
      `${percent(result.carriedShare)} of the activations.`,
    'Show Plot',
  );
  if (choice !== undefined) await showPlot(result.plot);
}
