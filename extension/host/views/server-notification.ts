/** Says once that a server does not complete, and why: until it does again, or another one is to. */
import * as vscode from 'vscode';
import type { EngineSupervisor } from '../engine/engine-supervisor.ts';

const setKey = 'Set Key';
const openSettings = 'Open Settings';

export function notifyOfServer(supervisor: EngineSupervisor): vscode.Disposable {
  let told: string | null = null;
  return vscode.Disposable.from(
    supervisor.onState((state) => {
      if (state.kind !== 'ready') return;
      const { server, insteadOfServer } = state.model;
      if (server !== null) told = null;
      if (insteadOfServer === null || insteadOfServer === told) return;
      told = insteadOfServer;
      void notify(insteadOfServer);
    }),
  );
}

async function notify(reason: string): Promise<void> {
  const chosen = await vscode.window.showWarningMessage(
    `Hotset: this machine completes, because the server does not. ${reason}.`,
    setKey,
    openSettings,
  );
  if (chosen === setKey) await vscode.commands.executeCommand('hotset.setServerKey');
  if (chosen === openSettings) {
    await vscode.commands.executeCommand('workbench.action.openSettings', 'hotset.server');
  }
}
