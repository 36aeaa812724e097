/** What a person may do about the server that completes. */
import * as vscode from 'vscode';
import type { EngineSupervisor } from '../engine/engine-supervisor.ts';
import type { Settings } from '../settings.ts';
import type { ServerKeys } from './server-keys.ts';

export interface ServerTools {
  readonly supervisor: EngineSupervisor;
  readonly settings: Settings;
  readonly keys: ServerKeys;
}

export async function setServerKey(tools: ServerTools): Promise<void> {
  const origin = await originOf(tools.settings);
  if (origin !== null && (await tools.keys.ask(origin))) await tools.supervisor.restart();
}

export async function forgetServerKey(tools: ServerTools): Promise<void> {
  const origin = await originOf(tools.settings);
  if (origin === null) return;
  await tools.keys.forget(origin);
  await tools.supervisor.restart();
}

/** null: there is no server, and the person was told so. */
async function originOf(settings: Settings): Promise<string | null> {
  const origin = settings.server?.origin ?? '';
  if (origin !== '') return origin;
  const open = 'Open Settings';
  const chosen = await vscode.window.showInformationMessage(
    'Hotset: no server completes. The setting hotset.server.url names one.',
    open,
  );
  if (chosen === open) await vscode.commands.executeCommand('workbench.action.openSettings', 'hotset.server');
  return null;
}
